"""``manage.py decide``: may somebody do this to that, now, and why."""

from argparse import ArgumentParser
from typing import Any

from governance import access
from governance.commands import OperatorCommand
from governance.queries import questions


class Command(OperatorCommand):
    help = "Ask the policy for a decision and its reason; the answer enters the decision log."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--subject", required=True, help="mail address, user:… or service:…")
        parser.add_argument("--act", required=True, help="such as catalog:asset:read")
        parser.add_argument("--resource", required=True, help="such as catalog.asset:42")

    def act(self, **options: Any) -> dict[str, Any]:
        who = questions.subject(str(options["subject"]))
        what = questions.record(str(options["resource"]))
        act = questions.act(str(options["act"]), what.resource_type())
        decision = access.ask(who, act, what, at=self.at)
        self.say(
            f"{'Permit' if decision.allow else 'Deny'}: {who.name}, {act} on {what}."
            f" {decision.sentence()}"
        )
        return {
            "subject": who.ref,
            "act": act,
            "resource": what.ref,
            "decision": decision.allow,
            "reason": decision.reason,
            "sentence": decision.sentence(),
            "rule": decision.rule,
            "policy_sha256": decision.policy_sha256,
            "at": self.at,
        }
