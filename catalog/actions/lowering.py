"""Saying that data are less sensitive than they look: by two people, and for a time."""

from datetime import datetime, timedelta

from django.db import transaction

from catalog.actions import settling
from catalog.domain.labels import Level, floor
from catalog.errors import AlreadyDecided, BadTerm, NoReason
from catalog.models import Asset, LabelAssertion, Polarity, Source, Status, Term
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.models import GovernedSystem
from governance.postgresql import staging

LONGEST = timedelta(days=365)
"""A label that lowers is thought about again within a year."""

_EXPIRE = """
UPDATE catalog_labelassertion l
   SET status = 'superseded', actor = '', decided_at = NULL
  FROM catalog_asset a
 WHERE a.id = l.asset_id AND l.polarity = 'is_not' AND l.status IN ('proposed', 'accepted')
   AND l.expires_at <= %(at)s
RETURNING l.asset_id, a.system_id
"""


@transaction.atomic
def lower(
    asset: Asset,
    *,
    category: str = "",
    level: Level | None = None,
    reason: str,
    until: datetime,
    by: Actor,
    at: datetime,
) -> LabelAssertion:
    """Propose that ``asset`` is not of a category, or at most of a level, until an instant.

    Nothing changes until a second person accepts it (`classifying.decide`). One decision about
    a category, or about the level, is in force or open at a time.

    Args:
        asset: a live asset.
        category: this one and what is below it are denied; empty to cap the level.
        level: the highest level; only without a category.
        reason: why, for the second person and for the log.
        until: when it ends, after ``at`` and within `LONGEST`.

    Raises:
        NotAllowed: ``by`` may not propose this.
        NoReason: no reason given.
        BadTerm: it ends too early or too late.
        AlreadyDecided: the same is open or in force.
        ValueError: not exactly one of category and level, or no category key.
    """
    if bool(category) == (level is not None):
        raise ValueError("either a category or a level is lowered")
    row = LabelAssertion(
        asset=asset,
        polarity=Polarity.IS_NOT,
        category=category,
        level=level if level is not None else max(Level.INTERNAL, floor([category])),
        source=Source.HUMAN,
        reason=reason,
        proposed_at=at,
        proposed_by=by.ref,
        expires_at=until,
    )
    require(by, Act.LABEL_LOWER, row, at=at)
    if not reason.strip():
        raise NoReason("A label that lowers needs a reason.")
    if not at < until <= at + LONGEST:
        raise BadTerm(f"It ends after today, within {LONGEST.days} days.")
    row.pk = _place(row, at=at)
    row.save()
    audit.record(
        by=by,
        act=Act.LABEL_LOWER,
        ref=asset.ref,
        at=at,
        category=row.category or None,
        level=level.slug if level is not None else None,
        until=until.isoformat(),
        reason=reason,
    )
    return row


def _place(row: LabelAssertion, *, at: datetime) -> int | None:
    """Return the key of a decision about the same that is over; ``row`` takes its place.

    Of a retired category it speaks of the one in its place.
    """
    row.category = Term.objects.replaced().get(row.category, row.category)
    if row.category:
        row.level = max(row.level, floor([row.category]))
    before = (
        LabelAssertion.objects.select_for_update()
        .filter(
            asset=row.asset, category=row.category, polarity=Polarity.IS_NOT, source=Source.HUMAN
        )
        .first()
    )
    if before is None:
        return None
    is_over = before.expires_at is not None and before.expires_at <= at
    if before.status in (Status.PROPOSED, Status.ACCEPTED) and not is_over:
        raise AlreadyDecided("The same was proposed before, and is open or in force.")
    return before.pk


@transaction.atomic
def expire(*, by: Actor, at: datetime) -> int:
    """End the labels that lower and whose time is over; return how many.

    Raises:
        NotAllowed: ``by`` may not propose labels in one of the systems.
    """
    ended = staging.run(_EXPIRE, {"at": at})
    settling.label_assets({asset for asset, _ in ended}, at=at)
    for system in GovernedSystem.objects.filter(pk__in={row[1] for row in ended}):
        probe = LabelAssertion(asset=Asset(system=system, site=system.site))
        require(by, Act.LABEL_PROPOSE, probe, at=at)
        count = sum(1 for row in ended if row[1] == system.pk)
        audit.record(by=by, act=Act.LABEL_PROPOSE, ref=system.ref, at=at, expired=count)
    return len(ended)
