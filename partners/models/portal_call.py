"""Creating calls of the portal's interface that named themselves, and how they were answered."""

from django.db import models

from governance.models import Governed
from partners.models.partner import Partner


class PortalCall(Governed):
    """One call with an ``Idempotency-Key``; ``token`` stands for caller, place and key."""

    party_path = "partner__party"

    token = models.UUIDField(primary_key=True, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="portal_calls")
    digest = models.CharField("SHA-256 of what was sent", max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    place = models.CharField("Location", max_length=300, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.token)
