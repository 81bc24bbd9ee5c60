"""``manage.py detect_drift``: compare approved grants with the real ones."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from governance.actions import drifting
from governance.commands import OperatorCommand
from governance.domain.drift import ACCESS_KINDS
from governance.errors import NotFound
from governance.models import DriftFinding, DriftState, GovernedSystem, SnapshotState

SUSPECT_OR_STALE = 2
UNAPPROVED = 3


class Command(OperatorCommand):
    help = "Look into a governed system and list what differs from what was approved."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.description = (
            f"{self.help} Exit 0 without unapproved access, 1 failed, 2 the snapshot is suspect"
            " or stale, 3 somebody has access that nobody approves: whatever has been asked about"
            " it, unless it is accepted until a day that has not passed."
        )
        parser.add_argument("--system", required=True, metavar="NAME", help="its short name")

    def act(self, **options: Any) -> dict[str, Any]:
        slug = str(options["system"])
        system = GovernedSystem.objects.filter(slug=slug).first()
        if system is None:
            known = ", ".join(GovernedSystem.objects.values_list("slug", flat=True)[:20]) or "none"
            raise NotFound(f"no system {slug!r}; known are: {known}")
        try:
            outcome = drifting.detect(system, by=self.by, at=self.at)
        except drifting.NoFileYet as error:
            self.say(error.detail)
            self.exit_code = SUSPECT_OR_STALE
            return {"system": slug, "state": "no_file", "grants": 0, "findings": []}
        if drifting.is_fed_by_files(system):
            taken = f"{outcome.snapshot.taken_at:%Y-%m-%d %H:%M} UTC"
            self.say(f"{system} has no connection: compared with its file of {taken}.")
        findings = list(
            DriftFinding.objects.lasting()
            .filter(system=system)
            .values(
                *("identity", "kind", "principal", "entitlement", "scope", "via"),
                *("severity", "state", "accepted_until", "first_seen_at", "due_at", "recurrences"),
            )
        )
        self.say(f"{system}: {outcome.snapshot.grants} grants seen, {len(findings)} findings.")
        for row in findings:
            via = f" ({row['via']})" if row["via"] else ""
            what = f"{row['entitlement']} on {row['scope']}"
            self.say(f"  {row['kind']:<14} {row['principal']}: {what}{via}")
        snapshot = outcome.snapshot
        stale = snapshot.taken_at < self.at - timedelta(hours=system.fresh_hours)
        # Access that nobody approves is so however little else the snapshot can prove.
        access = [row for row in findings if row["kind"] in ACCESS_KINDS]
        accepted = [row for row in access if row["state"] == DriftState.ACCEPTED]
        accepted = [row for row in accepted if row["accepted_until"] > self.at]
        if len(accepted) < len(access):
            self.exit_code = UNAPPROVED
        elif stale or snapshot.state == SnapshotState.SUSPECT:
            self.exit_code = SUSPECT_OR_STALE
        return {
            "system": slug,
            "state": snapshot.state,
            "grants": snapshot.grants,
            "opened": outcome.opened,
            "closed": outcome.closed,
            "by_kind": outcome.open_by_kind,
            "unapproved": len(access) - len(accepted),
            "accepted": len(accepted),
            "findings": findings,
        }
