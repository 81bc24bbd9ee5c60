"""People, and the roles they hold where and until when."""

import secrets
from datetime import datetime

import phonenumbers
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q

from governance import audit
from governance.access import require
from governance.actions.policy import restamp
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import Membership, Role, Site, User, UserKind
from governance.permissions import Act


class OwnRights(Refused):
    """Nobody gives a role to themselves."""

    code = "own_rights"


@transaction.atomic
def invite(
    *,
    email: str,
    name: str,
    by: Actor,
    at: datetime,
    party: str = "",
    phone: str = "",
    is_staff: bool = False,
) -> User:
    """Create a person without a usable password; they set one by the reset mail.

    Raises:
        NotAllowed: ``by`` may not change people.
        Conflict: the address is taken.
        Refused: ``phone`` is no number that exists.
    """
    user = User(email=email.lower(), name=name, party=party, is_staff=is_staff, created_at=at)
    user.phone = dialled(phone)
    user.set_unusable_password()
    require(by, Act.USER_CHANGE, user, at=at)
    if User.objects.filter(email__iexact=email).exists():
        raise Conflict(f"{email} is already known")
    user.full_clean(exclude=["password"])
    user.save()
    audit.record(by=by, act=Act.USER_CHANGE, ref=user.ref, at=at, party=party, is_staff=is_staff)
    return user


@transaction.atomic
def give_number(user: User, number: str, *, by: Actor, at: datetime) -> None:
    """Keep the number by which ``user`` is called when something burns; an empty one ends that.

    Everybody gives their own. The number itself stays out of the audit log.

    Raises:
        NotAllowed: ``by`` is somebody else, who may not change people.
        Refused: it is no number that exists.
    """
    if user.as_actor().ref != by.ref:
        require(by, Act.USER_CHANGE, user, at=at)
    user.phone = dialled(number)
    user.save(update_fields=["phone"])
    audit.record(by=by, act=Act.USER_CHANGE, ref=user.ref, at=at, has_phone=bool(user.phone))


def dialled(number: str) -> str:
    """Return ``number`` as ITU-T E.164 writes it, empty if it is.

    Raises:
        Refused: it is no number that exists, or names no country.
    """
    if not number.strip():
        return ""
    try:
        found = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        found = None
    if found is None or not phonenumbers.is_valid_number(found):
        raise Refused("Write the phone number with its country, as +49 341 1234567.")
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


@transaction.atomic
def disable(user: User, *, by: Actor, at: datetime, reason: str) -> None:
    """Disable an account and end its sessions, so the next request is refused.

    Raises:
        NotAllowed: ``by`` may not change people.
        Conflict: it is disabled already.
    """
    require(by, Act.USER_CHANGE, user, at=at)
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        raise Conflict(f"{user} is disabled already")
    end_sessions(user)
    restamp(user)
    audit.record(by=by, act=Act.USER_CHANGE, ref=user.ref, at=at, is_active=False, reason=reason)


@transaction.atomic
def issue_password(user: User, *, by: Actor, at: datetime) -> str:
    """Give ``user`` a new random password and end their sessions; return it, to be shown once.

    Raises:
        NotAllowed: ``by`` may not change people.
    """
    require(by, Act.USER_CHANGE, user, at=at)
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user)
    audit.record(by=by, act=Act.USER_CHANGE, ref=user.ref, at=at, password="issued")  # noqa: S106
    return password


def end_sessions(user: User) -> None:
    """Delete every session of ``user`` from the database."""
    mine = [
        session.pk
        for session in Session.objects.all().iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    Session.objects.filter(pk__in=mine).delete()


@transaction.atomic
def give_role(
    user: User,
    role: Role,
    *,
    by: Actor,
    at: datetime,
    reason: str,
    site: Site | None = None,
    party: str = "",
    valid_to: datetime | None = None,
) -> Membership:
    """Let ``user`` hold ``role`` at ``site`` and below, or at ``party``, from ``at`` on.

    Raises:
        NotAllowed: ``by`` may not grant memberships there.
        OwnRights: ``by`` is ``user``.
        Conflict: they hold it there already.
        Refused: an outside role at a site, or an inside role at a partner.
    """
    row = Membership(
        user=user,
        role=role,
        site=site,
        party=party,
        valid_from=at,
        valid_to=valid_to,
        granted_by=by.ref,
        reason=reason,
    )
    require(by, Act.MEMBERSHIP_GRANT, row, at=at)
    if user.as_actor().ref == by.ref:
        raise OwnRights("Nobody gives a role to themselves; another administrator must.")
    if role.is_external != bool(party) or (party and user.party != party):
        raise Refused(f"{role} cannot be held by {user} there")
    held = Membership.objects.in_force(at).filter(user=user, role=role, party=party)
    if held.filter(site=site).exists():
        raise Conflict(f"{user} holds {role} there already")
    row.full_clean()
    row.save()
    restamp(user)
    audit.record(
        by=by,
        act=Act.MEMBERSHIP_GRANT,
        ref=row.ref,
        at=at,
        user=user.ref,
        role=role.slug,
        site=site.slug if site else None,
        party=party or None,
        reason=reason,
    )
    return row


@transaction.atomic
def end_role(row: Membership, *, by: Actor, at: datetime, reason: str) -> None:
    """End a membership at ``at``.

    Raises:
        NotAllowed: ``by`` may not end memberships there.
        Conflict: it has ended.
    """
    require(by, Act.MEMBERSHIP_END, row, at=at)
    running = Membership.objects.filter(Q(valid_to=None) | Q(valid_to__gt=at), pk=row.pk)
    if not running.update(valid_to=at):
        raise Conflict(f"{row} has ended")
    restamp(row.user)
    audit.record(by=by, act=Act.MEMBERSHIP_END, ref=row.ref, at=at, reason=reason)


def service_actor(slug: str, name: str, *, at: datetime) -> User:
    """Return the named service actor, created on first use; set-up only."""
    user, _ = User.objects.get_or_create(
        slug=slug, kind=UserKind.SERVICE, defaults={"name": name, "created_at": at}
    )
    return user
