"""Enforcement points: systems outside that ask for decisions."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from governance.models.governed import Governed


class Credential(models.TextChoices):
    """How an enforcement point says who it is."""

    KEY = "key", "Key"
    ISSUER = "issuer", "Tokens of an issuer"


class EnforcementPointQuerySet(models.QuerySet["EnforcementPoint"]):
    def in_force(self, at: datetime) -> "EnforcementPointQuerySet":
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=at), revoked_at=None)


class EnforcementPoint(Governed):
    """A system that may ask, with a key of ours or with tokens (JWT) of a trusted issuer.

    Of a key only ``digest`` is kept. ``jwks`` names a file below ``JWKS_DIR`` or an address
    at one of ``JWKS_HOSTS``.
    """

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    credential = models.CharField(max_length=8, choices=Credential.choices)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    issuer = models.CharField(max_length=300, blank=True)
    audience = models.CharField(max_length=300, blank=True)
    jwks = models.CharField("key set", max_length=300, blank=True)
    scopes = models.JSONField(default=list)
    types = models.JSONField("resource types", default=list, blank=True)
    assertable = models.JSONField("may claim", default=list, blank=True)
    rate = models.PositiveIntegerField("requests a minute", default=6000)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    valid_to = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = EnforcementPointQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(credential="key", issuer="", audience="", jwks="") & ~Q(digest=""))
                | (
                    Q(credential="issuer", digest="")
                    & ~Q(issuer="")
                    & ~Q(audience="")
                    & ~Q(jwks="")
                ),
                name="enforcement_point_has_one_credential",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by="")),
                name="enforcement_point_revoked_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=1), name="enforcement_point_rate_is_positive"
            ),
            models.UniqueConstraint(
                fields=["digest"], condition=~Q(digest=""), name="enforcement_point_key_is_unique"
            ),
            models.UniqueConstraint(
                fields=["issuer"],
                condition=~Q(issuer="") & Q(revoked_at=None),
                name="enforcement_point_issuer_is_trusted_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name
