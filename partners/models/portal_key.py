"""Keys with which a partner's machines use the portal's interface."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from governance.models import Governed, User
from partners.models.partner import Partner


class PortalKeyQuerySet(models.QuerySet["PortalKey"]):
    """Keys, and those that count."""

    def in_force(self, at: datetime) -> "PortalKeyQuerySet":
        return self.filter(valid_to__gt=at, revoked_at=None, user__is_active=True)


class PortalKey(Governed):
    """A key acts in the name of the contact who had it issued, and ends with that contact.

    Of the key only ``digest`` is kept, and ``hint``, its last four characters, for people.
    """

    party_path = "partner__party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="portal_keys")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="portal_keys")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=4, editable=False)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    valid_to = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=120, blank=True)

    objects = PortalKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gt=F("created_at")), name="portal_key_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by="")),
                name="portal_key_revoked_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(scopes=[]) & ~Q(name=""), name="portal_key_has_name_and_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} …{self.hint}"
