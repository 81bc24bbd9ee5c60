"""``manage.py detect_drift``: compare approved grants with the real ones."""

from argparse import ArgumentParser
from typing import Any

from governance.actions import drifting
from governance.commands import OperatorCommand
from governance.errors import NotFound
from governance.models import DriftFinding, DriftState, GovernedSystem


class Command(OperatorCommand):
    help = "Look into a governed system and list unapproved, missing and expired grants."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", required=True, metavar="NAME", help="its short name")

    def act(self, **options: Any) -> dict[str, Any]:
        slug = str(options["system"])
        system = GovernedSystem.objects.filter(slug=slug).first()
        if system is None:
            known = ", ".join(GovernedSystem.objects.values_list("slug", flat=True)[:20]) or "none"
            raise NotFound(f"no system {slug!r}; known are: {known}")
        outcome = drifting.detect(system, by=self.by, at=self.at)
        findings = list(
            DriftFinding.objects.filter(system=system, state=DriftState.OPEN).values(
                "kind", "principal", "entitlement", "scope", "via", "severity", "first_seen_at"
            )
        )
        self.say(f"{system}: {outcome.snapshot.grants} grants seen, {len(findings)} findings open.")
        for row in findings:
            via = f" ({row['via']})" if row["via"] else ""
            what = f"{row['entitlement']} on {row['scope']}"
            self.say(f"  {row['kind']:<14} {row['principal']}: {what}{via}")
        return {
            "system": slug,
            "grants": outcome.snapshot.grants,
            "opened": outcome.opened,
            "closed": outcome.closed,
            "by_kind": outcome.open_by_kind,
            "findings": findings,
        }
