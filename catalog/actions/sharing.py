"""Sharing rules: agreed with an end, ended early where needed, never rewritten."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from catalog.models import Asset, SharingRule
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict


@transaction.atomic
def agree(
    *,
    party_ref: str,
    what: str,
    purpose: str,
    valid_from: datetime,
    valid_to: datetime | None,
    assets: Collection[Asset] = (),
    level: int | None = None,
    keep_days: int | None = None,
    by: Actor,
    at: datetime,
) -> SharingRule:
    """Agree that ``what`` may be shared with the party ``party_ref`` for ``purpose``.

    Raises:
        NotAllowed: ``by`` may not agree on sharing.
        ValidationError: nothing named, or it ends before it begins.
    """
    row = SharingRule(
        party_ref=party_ref,
        what=what.strip(),
        purpose=purpose.strip(),
        level=level,
        keep_days=keep_days,
        valid_from=valid_from,
        valid_to=valid_to,
        agreed_by=by.ref,
    )
    require(by, Act.SHARING_AGREE, row, at=at)
    row.full_clean()
    row.save()
    row.assets.set(assets)
    audit.record(
        by=by,
        act=Act.SHARING_AGREE,
        ref=row.ref,
        at=at,
        party=party_ref,
        what=row.what,
        assets=sorted(asset.ref for asset in assets),
    )
    return row


@transaction.atomic
def end(row: SharingRule, *, by: Actor, at: datetime, reason: str) -> None:
    """End a rule now.

    Raises:
        NotAllowed: ``by`` may not agree on sharing.
        Conflict: it has ended, or not begun.
    """
    require(by, Act.SHARING_AGREE, row, at=at)
    running = SharingRule.objects.filter(Q(valid_to=None) | Q(valid_to__gt=at), pk=row.pk)
    if not running.filter(valid_from__lt=at).update(valid_to=at):
        raise Conflict(f"{row} is not in force")
    audit.record(by=by, act=Act.SHARING_AGREE, ref=row.ref, at=at, ended=True, reason=reason)
