"""Keys whose signatures on playbooks are trusted here, and whose they are."""

from django.db import models
from django.db.models import Q

from governance.models import Governed


class Signee(Governed):
    """A public key by its thumbprint, the SHA-256 of its DER form in base64url, and its owner.

    Once ended it is not trusted again under the same row: what was signed by it reads as by a
    key that nobody here trusts any more.
    """

    name = models.CharField(max_length=120)
    thumbprint = models.CharField(max_length=43)
    reason = models.CharField(max_length=300)
    trusted_by = models.CharField(max_length=120)
    trusted_at = models.DateTimeField()
    ended_by = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["thumbprint"], condition=Q(ended_at=None), name="signee_is_trusted_once"
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(reason=""), name="signee_has_a_name_and_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(thumbprint__regex=r"^[A-Za-z0-9_-]{43}$"), name="signee_is_a_thumbprint"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="")
                | Q(ended_at__isnull=False) & ~Q(ended_by=""),
                name="signee_end_has_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.thumbprint[:12]}"
