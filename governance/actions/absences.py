"""Saying that somebody is away from their duties, and who stands in."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import Absence, Site, User
from governance.permissions import Act


@transaction.atomic
def declare(
    *,
    user: User,
    site: Site,
    since: datetime,
    until: datetime,
    by: Actor,
    at: datetime,
    deputy: User | None = None,
) -> Absence:
    """Say that ``user`` decides nothing at ``site`` and below from ``since`` until ``until``.

    Requests that come meanwhile go to ``deputy`` at once. Requests that came before keep
    their way: the deputy's turn comes after an hour.

    Raises:
        NotAllowed: ``by`` may not declare absences here.
        Refused: it is over already, or the deputy is the absent one or no active person.
    """
    row = Absence(user=user, deputy=deputy, site=site, since=since, until=until, declared_by=by.ref)
    require(by, Act.ABSENCE_DECLARE, row, at=at)
    if until <= at or until <= since:
        raise Refused("An absence ends after it begins, and not in the past.")
    if deputy is not None and (deputy == user or not deputy.is_active or deputy.kind != "person"):
        raise Refused("A deputy is another person whose account is active.")
    row.full_clean()
    row.save()
    audit.record(
        by=by,
        act=Act.ABSENCE_DECLARE,
        ref=row.ref,
        at=at,
        user=user.ref,
        deputy=deputy.ref if deputy else None,
        until=until,
    )
    return row


@transaction.atomic
def withdraw(row: Absence, *, by: Actor, at: datetime, reason: str = "") -> None:
    """Take an absence back: whoever was away decides again.

    Raises:
        NotAllowed: ``by`` may not declare absences here.
        Conflict: it is over, or was withdrawn.
    """
    require(by, Act.ABSENCE_DECLARE, row, at=at)
    lasting = Absence.objects.filter(pk=row.pk, withdrawn_at=None, until__gt=at)
    if not lasting.update(withdrawn_at=at):
        raise Conflict(f"{row} is over")
    audit.record(by=by, act=Act.ABSENCE_DECLARE, ref=row.ref, at=at, withdrawn=True, reason=reason)
