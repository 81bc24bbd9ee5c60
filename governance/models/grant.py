"""Grants: approved access, always with an end; none of two equal ones at a time."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import MD5, Cast, Concat

from governance.domain import grants
from governance.domain.ranks import LEVELS
from governance.models.access_request import AccessRequest
from governance.models.governed import Governed
from governance.models.people import User
from governance.models.system import GovernedSystem

ORIGINS = ["request", "baseline", "adopted", "break_glass"]


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, at: datetime) -> "GrantQuerySet":
        """Return those that hold at ``at``; the end instant itself lies outside."""
        return self.filter(
            Q(revoked_at=None) | Q(revoked_at__gt=at),
            Q(suspended_at=None) | Q(suspended_at__gt=at),
            valid_from__lte=at,
            valid_to__gt=at,
        )

    def standing(self, state: grants.Standing, at: datetime) -> "GrantQuerySet":
        """Return those that stand so at ``at``, as ``grants.standing`` says it."""
        revoked = Q(revoked_at__isnull=False, revoked_at__lte=at)
        if state is grants.Standing.REVOKED:
            return self.filter(revoked)
        rest = self.exclude(revoked)
        if state is grants.Standing.EXPIRED:
            return rest.filter(valid_to__lte=at)
        rest = rest.filter(valid_to__gt=at)
        suspended = Q(suspended_at__isnull=False, suspended_at__lte=at)
        if state is grants.Standing.SUSPENDED:
            return rest.filter(suspended)
        rest = rest.exclude(suspended)
        if state is grants.Standing.SCHEDULED:
            return rest.filter(valid_from__gt=at)
        return rest.filter(valid_from__lte=at)


class Term(Func):
    """From when until when a grant holds, as a range that excludes its end."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Grant(Governed):
    """An approved entitlement in a governed system, always with an end.

    Where it is about a record of ours, ``grantee`` may do ``act`` to ``resource`` as long as
    the grant holds: the policy asks here at each decision, so no job ends anything.
    """

    site_path = "system__site_id"

    case = models.UUIDField(
        default=uuid.uuid4, db_default=RandomUUID(), editable=False, db_index=True
    )
    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="grants")
    grantee = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="grants", null=True, editable=False
    )
    resource = models.CharField(max_length=160, blank=True, default="", db_default="")
    act = models.CharField(max_length=160, blank=True, default="", db_default="")
    principal = models.CharField(max_length=120)
    entitlement = models.CharField(max_length=60)
    scope = models.CharField(max_length=300)
    level = models.CharField(
        "class", max_length=16, blank=True, default="", db_default="", editable=False
    )
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    origin = models.CharField(max_length=12, default="request")
    request = models.OneToOneField(AccessRequest, on_delete=models.PROTECT, null=True, blank=True)
    approved_by = models.CharField(max_length=120)
    reason = models.CharField(max_length=300)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=120, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_by = models.CharField(max_length=120, blank=True, default="", db_default="")

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["system", "principal", "scope"]
        indexes = [
            models.Index(
                fields=["grantee", "act", "resource"],
                condition=~Q(resource=""),
                name="grant_on_a_record",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gt=F("valid_from")), name="grant_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__lte=F("valid_from") + Value(grants.LONGEST)),
                name="grant_lasts_at_most_a_year",
            ),
            models.CheckConstraint(
                condition=~Q(level__in=grants.SENSITIVE)
                | Q(valid_to__lte=F("valid_from") + Value(grants.LONGEST_SENSITIVE)),
                name="grant_on_sensitive_data_lasts_at_most_90_days",
            ),
            models.CheckConstraint(
                condition=Q(level__in=["", *LEVELS]), name="grant_level_is_known"
            ),
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="grant_origin_is_known"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by="")),
                name="grant_revocation_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(suspended_at=None, suspended_by="")
                | (Q(suspended_at__isnull=False) & ~Q(suspended_by="")),
                name="grant_suspension_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(resource="", act="")
                | (~Q(resource="") & ~Q(act="") & Q(grantee__isnull=False)),
                name="grant_on_a_record_has_act_and_grantee",
            ),
            models.UniqueConstraint(
                fields=["system", "principal", "entitlement", "scope", "valid_from"],
                name="grant_is_given_once",
            ),
            ExclusionConstraint(
                name="grant_is_live_once",
                expressions=[
                    ("system", RangeOperators.EQUAL),
                    # The digest keeps the entry small however long the names are.
                    (
                        Cast(
                            MD5(
                                Concat(
                                    "principal",
                                    Value("\x1f"),
                                    "entitlement",
                                    Value("\x1f"),
                                    "scope",
                                    output_field=models.TextField(),
                                )
                            ),
                            models.UUIDField(),
                        ),
                        RangeOperators.EQUAL,
                    ),
                    (Term("valid_from", "valid_to"), RangeOperators.OVERLAPS),
                ],
                condition=Q(revoked_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entitlement} on {self.scope} for {self.principal}"

    def standing(self, at: datetime) -> grants.Standing:
        """Return how this grant stands at ``at``."""
        term = grants.Term(self.valid_from, self.valid_to, self.revoked_at, self.suspended_at)
        return grants.standing(term, at=at)

    def policy_attributes(self) -> dict[str, object]:
        """Return what conditions of the policy may read of a grant."""
        return {"level": self.level, "entitlement": self.entitlement, "origin": self.origin}

    @classmethod
    def policy_columns(cls) -> dict[str, tuple[Any, type]]:
        """Return the same as SQL."""
        return {name: (F(name), str) for name in ("level", "entitlement", "origin")}
