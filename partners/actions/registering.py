"""The register: partners and their products."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.models import Site
from partners.models import Partner, Product
from partners.permissions import Act


@transaction.atomic
def partner(
    *,
    slug: str,
    name: str,
    tier: str,
    tier_reason: str,
    contact: str = "",
    by: Actor,
    at: datetime,
) -> Partner:
    """Register a partner.

    Raises:
        NotAllowed: ``by`` may not change partners.
        ValidationError: the slug is taken, the tier unknown or without a reason.
    """
    row = Partner(
        slug=slug, name=name, tier=tier, tier_reason=tier_reason, contact=contact, created_at=at
    )
    row.party = row.ref
    require(by, Act.PARTNER_CHANGE, row, at=at)
    row.full_clean()
    row.save(force_insert=True)
    audit.record(by=by, act=Act.PARTNER_CHANGE, ref=row.ref, at=at, slug=slug, name=name, tier=tier)
    return row


@transaction.atomic
def change(
    row: Partner,
    *,
    name: str,
    tier: str,
    tier_reason: str,
    contact: str,
    by: Actor,
    at: datetime,
) -> Partner:
    """Rename a partner, or set tier, its reason, or the contact.

    Raises:
        NotAllowed: ``by`` may not change partners.
        ValidationError: the tier is unknown or without a reason.
    """
    require(by, Act.PARTNER_CHANGE, row, at=at)
    row.name, row.tier, row.tier_reason, row.contact = name, tier, tier_reason, contact
    row.full_clean()
    row.save(update_fields=["name", "tier", "tier_reason", "contact"])
    audit.record(
        by=by,
        act=Act.PARTNER_CHANGE,
        ref=row.ref,
        at=at,
        name=name,
        tier=tier,
        tier_reason=tier_reason,
        contact=contact,
    )
    return row


@transaction.atomic
def product(
    *,
    partner: Partner,
    slug: str,
    name: str,
    site: Site,
    is_exposed: bool | None = None,
    by: Actor,
    at: datetime,
) -> Product:
    """Register what ``partner`` supplies to ``site``.

    Raises:
        NotAllowed: ``by`` may not change products there.
        ValidationError: the partner has a product of this slug.
    """
    row = Product(partner=partner, slug=slug, name=name, site=site, created_at=at)
    row.is_exposed = is_exposed
    require(by, Act.PRODUCT_CHANGE, row, at=at)
    row.full_clean()
    row.save()
    audit.record(
        by=by,
        act=Act.PRODUCT_CHANGE,
        ref=row.ref,
        at=at,
        partner=partner.ref,
        name=name,
        site=site.slug,
    )
    return row


@transaction.atomic
def describe_product(
    row: Product, *, name: str, is_exposed: bool | None = None, by: Actor, at: datetime
) -> Product:
    """Name a product, and say whether it can be reached from outside.

    Its site stays: the dates of its findings hang on it.

    Raises:
        NotAllowed: ``by`` may not change it.
    """
    require(by, Act.PRODUCT_CHANGE, row, at=at)
    row.name, row.is_exposed = name, is_exposed
    row.full_clean()
    row.save(update_fields=["name", "is_exposed"])
    facts = {"name": name, "is_exposed": is_exposed}
    audit.record(by=by, act=Act.PRODUCT_CHANGE, ref=row.ref, at=at, **facts)
    return row
