"""What is stated of sites and contracts, for the rules of notices to rest on."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import Site
from incidents.actions import noting
from incidents.models import ContractLimit, SiteLaw
from incidents.permissions import Act
from incidents.queries import things


@transaction.atomic
def state_law(
    site: Site,
    *,
    country: str,
    gdpr: bool | None,
    nis2: bool | None,
    cra: bool | None,
    by: Actor,
    at: datetime,
) -> SiteLaw:
    """State which law ``site`` is under; None takes what is stated of the site above it.

    Raises:
        NotAllowed: ``by`` may not state this.
        Refused: the country is not written with two letters.
    """
    require(by, Act.LAW_STATE, SiteLaw(site=site), at=at)
    country = country.strip().upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise Refused("Write the country with two letters, as in DE or MX.")
    fields = {"country": country, "gdpr": gdpr, "nis2": nis2, "cra": cra}
    row, _ = SiteLaw.objects.update_or_create(
        site=site, defaults={**fields, "stated_by": by.ref, "stated_at": at}
    )
    audit.record(by=by, act=Act.LAW_STATE, ref=row.ref, at=at, site=site.slug, **fields)
    return row


@transaction.atomic
def state_limit(party: str, *, clause: str, hours: int, by: Actor, at: datetime) -> ContractLimit:
    """State that a contract wants a notice within ``hours`` of when we are aware.

    Raises:
        NotAllowed: ``by`` may not state this.
        Refused: no such partner, no clause, or a number of hours that is none.
        Conflict: the clause is stated already.
    """
    clause = noting.clean(clause)[:200]
    row = ContractLimit(party=party, clause=clause, hours=hours, stated_by=by.ref, stated_at=at)
    require(by, Act.CONTRACT_STATE, row, at=at)
    known = things.facts([party], to=by, at=at).get(party)
    if known is None or not party.startswith(f"{things.PARTNER}:"):
        raise Refused("There is no such partner, or none for you.")
    if not clause or not 1 <= hours <= 8760:
        raise Refused("Name the clause, and the hours: 1 to 8,760.")
    same = ContractLimit.objects.filter(party=party, clause=clause, ended_at=None)
    if same.exists():
        raise Conflict("This clause is stated already. End it first to change its hours.")
    row.partner_name = known.name
    row.save()
    audit.record(by=by, act=Act.CONTRACT_STATE, ref=row.ref, at=at, clause=clause, hours=hours)
    return row


@transaction.atomic
def end_limit(row: ContractLimit, *, by: Actor, at: datetime) -> ContractLimit:
    """End a clause; notices that are owed by it stay owed.

    Raises:
        NotAllowed: ``by`` may not.
        Conflict: it ended before.
    """
    require(by, Act.CONTRACT_STATE, row, at=at)
    if not ContractLimit.objects.filter(pk=row.pk, ended_at=None).update(
        ended_at=at, ended_by=by.ref
    ):
        raise Conflict("It ended before.")
    audit.record(by=by, act=Act.CONTRACT_STATE, ref=row.ref, at=at, ended=True)
    row.refresh_from_db()
    return row
