"""Exemptions from the baseline: by somebody, for a reason, until a date."""

from datetime import datetime, timedelta

from django.db import transaction

from catalog.errors import NoReason
from catalog.models import Asset, Exemption
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused

MOST_DAYS = 366
"""An exemption is a delay, not a habit."""


@transaction.atomic
def exempt(
    asset: Asset, *, reason: str, expires_at: datetime, by: Actor, at: datetime
) -> Exemption:
    """Leave ``asset`` out of the baseline figure until ``expires_at``; one given before ends.

    Raises:
        NotAllowed: ``by`` may not exempt it.
        NoReason: no reason given.
        Refused: the end lies in the past, or more than 366 days ahead.
    """
    row = Exemption(
        asset=asset, reason=reason.strip()[:300], actor=by.ref, given_at=at, expires_at=expires_at
    )
    require(by, Act.EXEMPTION_GIVE, row, at=at)
    if not row.reason:
        raise NoReason("Say why this asset does not have to meet the baseline.")
    if not at < expires_at <= at + timedelta(days=MOST_DAYS):
        raise Refused(f"An exemption ends in the future, within {MOST_DAYS} days.")
    Exemption.objects.filter(asset=asset, ended_at=None).update(ended_at=at)
    row.save()
    audit.record(
        by=by,
        act=Act.EXEMPTION_GIVE,
        ref=asset.ref,
        at=at,
        reason=row.reason,
        expires_at=expires_at.isoformat(),
    )
    return row


@transaction.atomic
def end(exemption: Exemption, *, reason: str, by: Actor, at: datetime) -> Exemption:
    """Let the asset count again at once.

    Raises:
        NotAllowed: ``by`` may not end it.
        Conflict: it has ended already.
    """
    require(by, Act.EXEMPTION_END, exemption, at=at)
    if not Exemption.objects.filter(pk=exemption.pk, ended_at=None).update(ended_at=at):
        raise Conflict(f"{exemption} has ended already")
    audit.record(by=by, act=Act.EXEMPTION_END, ref=exemption.asset.ref, at=at, reason=reason)
    return exemption
