"""Keys of the portal: issued by a contact, rotated with an overlap, revoked at once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict
from governance.models import User
from partners.domain import portal
from partners.domain.portal import KEY_PREFIX, LONGEST_KEY, OVERLAP, Scope
from partners.models import Partner, PortalKey
from partners.permissions import Act

USED_AGAIN = timedelta(hours=1)
"""How coarse the note of the last use is: one write an hour, not one a request."""


@transaction.atomic
def issue(
    *, partner: Partner, user: User, name: str, scopes: Iterable[str], days: int, by: Actor,
    at: datetime,
) -> tuple[PortalKey, str]:  # fmt: skip
    """Issue a key in the name of ``user``; return it with its text, shown once and never stored.

    Raises:
        NotAllowed: ``by`` may not issue keys for ``partner``.
        BadInput: no name, no scope or none that there is, or longer than a year.
    """
    wanted = sorted(set(scopes))
    if not name.strip():
        raise BadInput("Give the key a name, such as the pipeline that uses it.", pointer="/name")
    if not wanted or set(wanted) - set(Scope):
        raise BadInput("Choose at least one of read, upload, statements.", pointer="/scopes")
    if not 1 <= days <= LONGEST_KEY.days:
        raise BadInput(f"A key ends within {LONGEST_KEY.days} days.", pointer="/days")
    row, key = _new(partner, user, name.strip()[:80], wanted, at, at + timedelta(days=days))
    require(by, Act.KEY_ISSUE, row, at=at)
    row.save(force_insert=True)
    _record(by, Act.KEY_ISSUE, row, at=at, scopes=wanted, valid_to=row.valid_to.isoformat())
    return row, key


@transaction.atomic
def rotate(row: PortalKey, *, user: User, by: Actor, at: datetime) -> tuple[PortalKey, str]:
    """Issue a key like ``row``, which goes on counting for seven days at most.

    Raises:
        NotAllowed: ``by`` may not issue keys there.
        Conflict: ``row`` has ended.
    """
    term = row.valid_to - row.created_at
    fresh, key = _new(row.partner, user, row.name, row.scopes, at, at + term)
    require(by, Act.KEY_ISSUE, fresh, at=at)
    until = min(row.valid_to, at + OVERLAP)
    if not PortalKey.objects.in_force(at).filter(pk=row.pk).update(valid_to=until):
        raise Conflict(f"{row} has ended")
    fresh.save(force_insert=True)
    _record(by, Act.KEY_ISSUE, fresh, at=at, replaces=row.ref, before_until=until.isoformat())
    return fresh, key


@transaction.atomic
def revoke(row: PortalKey, *, by: Actor, at: datetime) -> None:
    """End a key now; the next request with it is refused.

    Raises:
        NotAllowed: ``by`` may not revoke it.
        Conflict: it is revoked already.
    """
    require(by, Act.KEY_REVOKE, row, at=at)
    rows = PortalKey.objects.filter(pk=row.pk, revoked_at=None)
    if not rows.update(revoked_at=at, revoked_by=by.ref):
        raise Conflict(f"{row} is revoked already")
    _record(by, Act.KEY_REVOKE, row, at=at)


def note_use(row: PortalKey, *, at: datetime) -> None:
    """Note when a key was last used, at most once an hour."""
    if row.last_used_at is None or at - row.last_used_at >= USED_AGAIN:
        with transaction.atomic():
            PortalKey.objects.filter(pk=row.pk).update(last_used_at=at)


def _new(
    partner: Partner, user: User, name: str, scopes: list[str], at: datetime, until: datetime
) -> tuple[PortalKey, str]:
    key = portal.new_token(KEY_PREFIX)
    row = PortalKey(
        partner=partner,
        user=user,
        name=name,
        digest=portal.digest(key),
        hint=key[-4:],
        scopes=scopes,
        created_at=at,
        valid_to=until,
    )
    return row, key


def _record(by: Actor, act: Act, row: PortalKey, *, at: datetime, **facts: object) -> None:
    audit.record(by=by, act=act, ref=row.ref, at=at, name=row.name, hint=row.hint, **facts)
