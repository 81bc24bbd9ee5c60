"""``manage.py simulate_patch_policy``: what other terms would mean for what is open."""

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from governance.commands import OperatorCommand
from partners import queries
from partners.actions import clocks
from partners.queries import simulating


class Command(OperatorCommand):
    help = "Say how many findings would be overdue under other terms, by partner. Writes nothing."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--critical-days", type=int, help="days for critical")
        parser.add_argument("--other-days", type=int, help="days for all others")
        parser.add_argument(
            "--bod-26-04", action="store_true", help="let CISA BOD 26-04 count as well"
        )

    def act(self, **options: Any) -> dict[str, Any]:
        policy = clocks.policy_in_force()
        policy = replace(
            policy,
            critical_days=options["critical_days"] or policy.critical_days,
            other_days=options["other_days"] or policy.other_days,
            uses_bod_26_04=policy.uses_bod_26_04 or bool(options["bod_26_04"]),
        )
        found = queries.findings(to=self.by, at=self.at)
        outcome = simulating.simulate(found, policy, at=self.at)
        self.say(
            f"{outcome.open} open; {outcome.overdue_now} overdue now, {outcome.overdue_then} then "
            f"(+{outcome.overdue_more}, -{outcome.overdue_less})."
        )
        for name, count in outcome.more.most_common(20):
            self.say(f"  +{count} {name}")
        return {
            "critical_days": policy.critical_days,
            "other_days": policy.other_days,
            "open": outcome.open,
            "overdue_now": outcome.overdue_now,
            "overdue_then": outcome.overdue_then,
            "more": dict(outcome.more.most_common()),
            "less": dict(outcome.less.most_common()),
            "dates_sooner": outcome.sooner,
            "dates_later": outcome.later,
        }
