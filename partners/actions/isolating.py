"""Keeping a partner out in one act: its keys end, and its logins are suspended."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from governance.actions import people
from governance.domain.actor import Actor
from governance.models import User
from partners.actions import portal_keys
from partners.models import Partner, PortalKey


@dataclass(frozen=True, slots=True)
class Isolated:
    """How many keys and logins were ended; none of either when it was done before."""

    keys: int
    logins: int


@transaction.atomic
def isolate(partner: Partner, *, by: Actor, at: datetime, reason: str) -> Isolated:
    """End every key of ``partner`` and suspend every login; doing it again changes nothing.

    Raises:
        NotAllowed: ``by`` may not revoke keys, or change people.
    """
    keys = list(PortalKey.objects.filter(partner=partner, revoked_at=None).order_by("pk"))
    for key in keys:
        portal_keys.revoke(key, by=by, at=at)
    users = list(User.objects.filter(party=partner.party, is_active=True).order_by("pk"))
    for user in users:
        people.disable(user, by=by, at=at, reason=reason)
    return Isolated(len(keys), len(users))
