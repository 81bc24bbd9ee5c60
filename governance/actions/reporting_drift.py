"""What somebody reports about access: a finding that no look into the system opens or closes."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from governance import audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.domain.drift import ALLOWED, SEVERITY, GrantKey, Kind, finding_id
from governance.errors import Conflict, Refused
from governance.models import DriftFinding, DriftState, GovernedSystem
from governance.permissions import Act

_SEVERITY = SEVERITY[Kind.REPORTED]


@dataclass(frozen=True, slots=True)
class Reported:
    """The finding, and whether it was opened by this report or stood before."""

    finding: DriftFinding
    is_new: bool


@transaction.atomic
def report(system: GovernedSystem, scope: str, why: str, *, by: Actor, at: datetime) -> Reported:
    """Open a finding about who reaches ``scope`` of ``system``, all of it where that is empty.

    One that is open or accepted stays as it is, so the same report again changes nothing; one
    that was closed comes back. The owner of the system is told, else the data owners of its site.

    Raises:
        NotAllowed: ``by`` may not report here.
        Refused: nothing says why.
    """
    why = " ".join(why.split())[:300]
    if not why:
        raise Refused("Say what was seen, so that somebody can look into it.")
    key = GrantKey("", "", scope)
    row = DriftFinding(
        system=system,
        identity=finding_id(Kind.REPORTED, system.slug, key),
        kind=Kind.REPORTED,
        scope=scope,
        via=why,
        severity=_SEVERITY,
        first_seen_at=at,
        last_seen_at=at,
        due_at=at + ALLOWED[_SEVERITY],
        owner=system.owner,
    )
    require(by, Act.DRIFT_REPORT, row, at=at)
    # Two reports of one thing follow each other.
    GovernedSystem.objects.select_for_update(of=("self",)).get(pk=system.pk)
    known = DriftFinding.objects.filter(identity=row.identity).first()
    if known is not None and known.state != DriftState.CLOSED:
        return Reported(known, is_new=False)
    if known is None:
        row.save()
    else:
        row = _reopen(known, row)
    audit.record(
        by=by, act=Act.DRIFT_REPORT, ref=row.ref, at=at, system=system.ref, scope=scope, reason=why
    )
    _tell(row, at=at)
    return Reported(row, is_new=True)


@transaction.atomic
def close(finding: DriftFinding, *, reason: str, by: Actor, at: datetime) -> DriftFinding:
    """Close a reported ``finding``: somebody looked into it, and says what came of it.

    Raises:
        NotAllowed: ``by`` may not close it.
        Refused: no reason, or a look into the system closes this kind by itself.
        Conflict: it is closed.
    """
    require(by, Act.DRIFT_CLOSE, finding, at=at)
    reason = reason.strip()
    if finding.kind != Kind.REPORTED:
        raise Refused("The next look into the system closes it, once it is gone.")
    if not reason:
        raise Refused("Say what came of it.")
    rows = DriftFinding.objects.lasting().filter(pk=finding.pk)
    if not rows.update(
        state=DriftState.CLOSED, closed_at=at, accepted_until=None, accepted_by="",
        accepted_reason="",
    ):  # fmt: skip
        raise Conflict(f"{finding} is closed.")
    audit.record(by=by, act=Act.DRIFT_CLOSE, ref=finding.ref, at=at, reason=reason)
    finding.refresh_from_db()
    return finding


def _reopen(known: DriftFinding, new: DriftFinding) -> DriftFinding:
    DriftFinding.objects.filter(pk=known.pk).update(
        state=DriftState.OPEN,
        recurrences=F("recurrences") + 1,
        first_seen_at=new.first_seen_at,
        last_seen_at=new.last_seen_at,
        closed_at=None,
        due_at=new.due_at,
        via=new.via,
        request=None,
        plan=None,
    )
    known.refresh_from_db()
    return known


def _tell(finding: DriftFinding, *, at: datetime) -> None:
    system = finding.system
    about = f"{finding.scope} in {system}" if finding.scope else str(system)
    notices.send(
        to=[system.owner]
        if system.owner
        else notices.holders("data_owner", site=system.site, at=at),
        subject=f"Look into access to {about}",
        text=(
            f"{finding.via}. See who reaches it, and close the finding with what came of it: "
            f"/admin/governance/driftfinding/{finding.pk}/change/"
        ),
        ref=finding.ref,
        key=f"drift_reported:{finding.pk}:{finding.recurrences}",
        at=at,
    )
