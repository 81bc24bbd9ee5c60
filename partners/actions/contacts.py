"""People at partners, invited to the portal if they are to act; and whom partners depend on."""

from datetime import datetime

from django.db import transaction

from governance import audit, notices
from governance.access import require
from governance.actions import people
from governance.domain.actor import Actor
from governance.errors import Conflict
from governance.models import Role
from partners.models import Contact, Partner, SubSupplier
from partners.permissions import Act

ROLE = "partner_contact"


@transaction.atomic
def add(
    *, partner: Partner, role: str, name: str, email: str, phone: str = "", by: Actor, at: datetime
) -> Contact:
    """Note somebody at ``partner``.

    Raises:
        NotAllowed: ``by`` may not change contacts.
        ValidationError: no name, or no mail address.
        Conflict: this person is noted for this already.
    """
    row = Contact(
        partner=partner,
        role=role,
        name=name.strip(),
        email=email.strip().lower(),
        phone=phone.strip(),
        created_at=at,
    )
    require(by, Act.CONTACT_CHANGE, row, at=at)
    known = Contact.objects.filter(partner=partner, role=role, email=row.email, ended_at=None)
    if known.exists():
        raise Conflict(f"{row.email} is noted for this already.")
    row.full_clean()
    row.save()
    audit.record(by=by, act=Act.CONTACT_CHANGE, ref=row.ref, at=at, partner=partner.ref, role=role)
    return row


@transaction.atomic
def invite(row: Contact, *, address: str, by: Actor, at: datetime) -> Contact:
    """Let ``row`` act for the partner in the portal; a mail says where, and how to begin.

    ``address`` is where a password is set. Enrolling a second factor follows the first sign-in.

    Raises:
        NotAllowed: ``by`` may not change contacts, people, or memberships.
        Conflict: invited already, ended, or the mail address is somebody's.
    """
    require(by, Act.CONTACT_CHANGE, row, at=at)
    if row.user_id is not None or row.ended_at is not None:
        raise Conflict(f"{row.name} is invited already, or no contact any more.")
    party = row.partner.party
    user = people.invite(email=row.email, name=row.name, party=party, by=by, at=at)
    people.give_role(
        user,
        Role.objects.get(slug=ROLE),
        party=party,
        by=by,
        at=at,
        reason=f"{row.get_role_display()} contact of {row.partner}"[:300],
    )
    Contact.objects.filter(pk=row.pk).update(user=user)
    row.user = user
    audit.record(by=by, act=Act.CONTACT_CHANGE, ref=row.ref, at=at, user=user.ref, invited=True)
    notices.send(
        to=[user],
        subject="You are invited to the partner portal",
        text=(
            f"You may hand over SBOMs of {row.partner} and answer what is asked of it. "
            f"Set a password at {address}, sign in, and set up a second factor."
        ),
        ref=row.partner.ref,
        key=f"invited:{row.pk}",
        at=at,
    )
    return row


@transaction.atomic
def end(row: Contact, *, reason: str, by: Actor, at: datetime) -> None:
    """Note that somebody is no contact any more; an account in the portal is disabled.

    Raises:
        NotAllowed: ``by`` may not change contacts, or people.
        Conflict: ended already.
    """
    require(by, Act.CONTACT_CHANGE, row, at=at)
    if not Contact.objects.filter(pk=row.pk, ended_at=None).update(ended_at=at):
        raise Conflict(f"{row.name} is no contact any more.")
    if row.user is not None and row.user.is_active:
        people.disable(row.user, by=by, at=at, reason=reason)
    audit.record(by=by, act=Act.CONTACT_CHANGE, ref=row.ref, at=at, ended=True, reason=reason)


@transaction.atomic
def supplied_by(
    *,
    partner: Partner,
    name: str,
    supplies: str,
    country: str = "",
    known_as: Partner | None = None,
    by: Actor,
    at: datetime,
) -> SubSupplier:
    """Note whom ``partner`` itself depends on for what we get.

    Raises:
        NotAllowed: ``by`` may not change the register.
        ValidationError: noted already, or no name or purpose.
    """
    row = SubSupplier(
        partner=partner,
        name=name.strip(),
        supplies=supplies.strip(),
        country=country.strip().upper(),
        known_as=known_as,
        stated_at=at,
        stated_by=by.ref,
    )
    require(by, Act.SUPPLIER_CHANGE, row, at=at)
    row.full_clean()
    row.save()
    audit.record(
        by=by, act=Act.SUPPLIER_CHANGE, ref=row.ref, at=at, partner=partner.ref, name=row.name
    )
    return row
