"""What is known of a partner, and the tier that follows: by facts, or set against them."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Refused
from partners.domain import tiering
from partners.domain.tiering import LONGEST_OVERRIDE, Connection, DataLevel, Facts, Placed
from partners.models import Partner, PartnerFacts, Product, TierOverride
from partners.permissions import Act


def facts(partner: Partner) -> Facts:
    """Return what is known of ``partner``, with its sites and products counted."""
    row = PartnerFacts.objects.filter(partner=partner).first() or PartnerFacts()
    counted = Product.objects.filter(partner=partner).aggregate(
        products=Count("pk"), sites=Count("site", distinct=True)
    )
    return Facts(
        halt_hours=row.halt_hours,
        has_substitute=row.has_substitute,
        data=DataLevel(row.data) if row.data else None,
        connection=Connection(row.connection) if row.connection else None,
        **counted,
    )


@transaction.atomic
def state(
    partner: Partner,
    *,
    halt_hours: int | None,
    has_substitute: bool | None,
    data: str,
    connection: str,
    by: Actor,
    at: datetime,
) -> Placed:
    """Note what is known of ``partner``; its tier follows, unless it is set against the facts.

    Raises:
        NotAllowed: ``by`` may not state facts of partners.
        ValidationError: a word that there is not.
    """
    row = PartnerFacts.objects.filter(partner=partner).first() or PartnerFacts(partner=partner)
    require(by, Act.FACTS_STATE, row, at=at)
    row.halt_hours, row.has_substitute = halt_hours, has_substitute
    row.data, row.connection = data, connection
    row.stated_at, row.stated_by = at, by.ref
    row.full_clean()
    row.save()
    placed = _follow(partner, at=at)
    audit.record(
        by=by,
        act=Act.FACTS_STATE,
        ref=row.ref,
        at=at,
        partner=partner.ref,
        halt_hours=halt_hours,
        has_substitute=has_substitute,
        data=data,
        connection=connection,
        tier=placed.tier,
    )
    return placed


@transaction.atomic
def override(
    partner: Partner, *, tier: str, reason: str, days: int, by: Actor, at: datetime
) -> TierOverride:
    """Set a tier against the facts, for at most 180 days.

    Raises:
        NotAllowed: ``by`` may not override tiers.
        Refused: longer than 180 days, or not at all.
        ValidationError: an unknown tier, or no reason.
    """
    row = TierOverride(
        partner=partner,
        tier=tier,
        reason=reason.strip(),
        set_by=by.ref,
        valid_from=at,
        valid_to=at + timedelta(days=days),
    )
    require(by, Act.TIER_OVERRIDE, row, at=at)
    if not 1 <= days <= LONGEST_OVERRIDE.days:
        raise Refused(f"An override ends within {LONGEST_OVERRIDE.days} days.")
    row.full_clean()
    TierOverride.objects.in_force(at).filter(partner=partner, valid_from__lt=at).update(valid_to=at)
    row.save()
    _follow(partner, at=at)
    audit.record(
        by=by,
        act=Act.TIER_OVERRIDE,
        ref=row.ref,
        at=at,
        partner=partner.ref,
        tier=tier,
        reason=row.reason,
        until=row.valid_to.isoformat(),
    )
    return row


@transaction.atomic
def follow_all(*, by: Actor, at: datetime) -> int:
    """Let the tiers of all partners follow their facts again where an override has ended.

    Raises:
        NotAllowed: ``by`` may not override tiers.
    """
    require(by, Act.TIER_OVERRIDE, TierOverride(), at=at)
    ended = Partner.objects.filter(tier_overrides__valid_to__lte=at).distinct()
    moved = 0
    for partner in ended:
        before = (partner.tier, partner.tier_reason)
        _follow(partner, at=at)
        if before != (partner.tier, partner.tier_reason):
            moved += 1
            audit.record(
                by=by, act=Act.TIER_OVERRIDE, ref=partner.ref, at=at, ended=True, tier=partner.tier
            )
    return moved


def _follow(partner: Partner, *, at: datetime) -> Placed:
    """Set the tier as facts, or an override in force, say."""
    placed = tiering.place(facts(partner))
    held = TierOverride.objects.in_force(at).filter(partner=partner).first()
    if held is not None:
        tier, why = (
            held.tier,
            f"{held.reason} Until {held.valid_to:%Y-%m-%d}; by facts {placed.tier}.",
        )
    elif PartnerFacts.objects.filter(partner=partner).exists():
        tier, why = placed.tier, placed.sentence()
    else:
        return placed  # as it was registered: nobody has stated a fact yet
    if (partner.tier, partner.tier_reason) != (tier, why[:300]):
        partner.tier, partner.tier_reason = tier, why[:300]
        partner.save(update_fields=["tier", "tier_reason"])
    return placed
