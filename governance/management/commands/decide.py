"""``manage.py decide``: may somebody do this to that, now, and why."""

from argparse import ArgumentParser
from typing import Any

from governance import access
from governance.commands import OperatorCommand
from governance.domain.actor import Actor
from governance.models import Governed
from governance.queries import explaining, questions


class Command(OperatorCommand):
    help = "Ask the policy for a decision and its reason; the answer enters the decision log."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--subject", required=True, help="mail address, user:… or service:…")
        parser.add_argument("--act", required=True, help="such as catalog:asset:read")
        parser.add_argument("--resource", required=True, help="such as catalog.asset:42")
        parser.add_argument(
            "--explain", action="store_true", help="say also what it hangs on and would permit it"
        )

    def act(self, **options: Any) -> dict[str, Any]:
        who = questions.subject(str(options["subject"]))
        what = questions.record(str(options["resource"]))
        act = questions.act(str(options["act"]), what.resource_type())
        decision = access.ask(who, act, what, at=self.at)
        self.say(
            f"{'Permit' if decision.allow else 'Deny'}: {who.name}, {act} on {what}."
            f" {decision.sentence()}"
        )
        more = self._explained(who, act, what) if options["explain"] else {}
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
            **more,
        }

    def _explained(self, who: Actor, act: str, what: Governed) -> dict[str, Any]:
        found = explaining.explain(who, act, what, at=self.at)
        if found.detail:
            self.say(f"A condition raised: {found.detail}")
        for row in found.roles:
            self.say(f"Role held: {row.role} at {row.site or row.party}")
        for name, value in found.attributes:
            self.say(f"{name} was {value}")
        for way in found.ways:
            self.say(way)
        return {
            "detail": found.detail,
            "roles": [f"{row.role.slug} at {row.site or row.party}" for row in found.roles],
            "attributes": dict(found.attributes),
            "would_permit": list(found.ways),
        }
