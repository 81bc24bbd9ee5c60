"""Access requests: who asks for what, whose turn it is to decide, and what became of it."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.functions import Coalesce

from governance.domain.ranks import LEVELS
from governance.domain.routing import Route
from governance.models.governed import Governed
from governance.models.people import User
from governance.models.system import GovernedSystem


class RequestState(models.TextChoices):
    OPEN = "open", "Waiting for a decision"
    APPROVED = "approved", "Approved, not yet granted"
    GRANTED = "granted", "Granted"
    DENIED = "denied", "Denied"
    CANCELED = "canceled", "Canceled"
    EXPIRED = "expired", "Expired"


PENDING = (RequestState.OPEN, RequestState.APPROVED)
"""What may still become a grant."""


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def pending(self) -> "AccessRequestQuerySet":
        return self.filter(state__in=PENDING)

    def turn_of(self, user: User | uuid.UUID, at: datetime) -> "AccessRequestQuerySet":
        """Return those whose turn of deciding is ``user``'s at ``at``, as ``Route`` says it."""
        key = user.pk if isinstance(user, User) else user
        # Rows from before there were routes opened to everybody at once.
        return self.annotate(opens=Coalesce("all_from", "submitted_at")).filter(
            Q(opens__lte=at) | Q(owner_id=key) | Q(deputy_id=key, deputy_from__lte=at)
        )

    def seconded_by(self, user: User | uuid.UUID) -> "AccessRequestQuerySet":
        """Return open ones that one person approved and that ``user`` could be the second for."""
        key = user.pk if isinstance(user, User) else user
        first = self.filter(state=RequestState.OPEN, first_approved_at__isnull=False)
        return first.exclude(first_approved_by=f"user:{key}")

    def counted(self) -> "AccessRequestQuerySet":
        """Return those that the clock judges: all but those withdrawn before they were due."""
        return self.exclude(state=RequestState.CANCELED, decided_at__lte=F("due_at"))

    def with_resolution(self) -> "AccessRequestQuerySet":
        """Add ``done_at``: when access was given, refused or withdrawn; None until then.

        Approval alone stops no clock, nor does the end of a request that nobody decided.
        """
        ended = [RequestState.GRANTED, RequestState.DENIED, RequestState.CANCELED]
        done = When(state__in=ended, then=Coalesce("resolved_at", "decided_at"))
        never = Value(None, output_field=DateTimeField())
        return self.annotate(done_at=Case(done, default=never, output_field=DateTimeField()))


class AccessRequest(Governed):
    """Somebody asks for access; the clock is wall time and never pauses.

    ``resource`` and ``act`` name a record of ours where the request is about one. ``level`` and
    ``owner`` are what was known of it when it was asked for.
    """

    site_path = "system__site_id"

    case = models.UUIDField(
        default=uuid.uuid4, db_default=RandomUUID(), editable=False, db_index=True
    )
    token = models.UUIDField(
        null=True, blank=True, editable=False, help_text="The key of the call that asked for it."
    )
    denied_in = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The call that was refused, where the request comes from a refusal.",
    )
    system = models.ForeignKey(GovernedSystem, on_delete=models.PROTECT, related_name="requests")
    requester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_requests")
    grantee = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    resource = models.CharField(max_length=160, blank=True, default="", db_default="")
    act = models.CharField(max_length=160, blank=True, default="", db_default="")
    principal = models.CharField(max_length=120, help_text="Login or role in the system.")
    entitlement = models.CharField(max_length=60)
    scope = models.CharField(max_length=300, help_text="What it is about, as in schema.table.")
    level = models.CharField(
        "class", max_length=16, blank=True, default="", db_default="", editable=False
    )
    caution = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="What was not known of the login, or of the system, when it was asked for.",
    )
    purpose = models.CharField(max_length=300)
    days = models.PositiveSmallIntegerField(default=30)
    submitted_at = models.DateTimeField()
    due_at = models.DateTimeField()
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    deputy = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    deputy_from = models.DateTimeField(null=True, editable=False)
    all_from = models.DateTimeField(null=True, editable=False)
    told = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    first_approved_at = models.DateTimeField(null=True, editable=False)
    first_approved_by = models.CharField(
        max_length=120,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Where the class of the data asks for two people: who was the first.",
    )
    first_reason = models.CharField(
        max_length=300, blank=True, default="", db_default="", editable=False
    )
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decision_reason = models.CharField(max_length=300, blank=True)
    missing = models.CharField(max_length=300, blank=True, default="", db_default="")
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["due_at"], name="request_by_due"),
            models.Index(
                fields=["token"], condition=Q(token__isnull=False), name="request_by_token"
            ),
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state__in=[*PENDING]),
                name="request_pending",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="request_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(level__in=["", *LEVELS]), name="request_level_is_known"
            ),
            models.CheckConstraint(
                condition=Q(days__range=(1, 365)), name="request_lasts_at_most_a_year"
            ),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("submitted_at")), name="request_is_due_after_it_came"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None, decided_by="")
                | (~Q(state="open") & Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="request_decision_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(first_approved_at=None, first_approved_by="", first_reason="")
                | (Q(first_approved_at__isnull=False) & ~Q(first_approved_by="")),
                name="request_first_approval_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "granted"])
                | ~Q(first_approved_by=F("decided_by")),
                name="request_is_approved_by_two_different_people",
            ),
            models.CheckConstraint(
                condition=(Q(state="approved") & ~Q(missing=""))
                | (~Q(state="approved") & Q(missing="")),
                name="request_says_what_is_missing",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None)
                | (Q(resolved_at__gte=F("decided_at")) & ~Q(state__in=[*PENDING])),
                name="request_is_resolved_after_its_decision",
            ),
            models.CheckConstraint(
                condition=Q(resource="", act="") | (~Q(resource="") & ~Q(act="")),
                name="request_names_record_and_act",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entitlement} on {self.scope} for {self.principal}"

    @property
    def route(self) -> Route:
        """Return whose turn it is to decide, and from when on."""
        deputy_from = self.deputy_from or self.submitted_at
        return Route(self.owner_id, self.deputy_id, deputy_from, self.all_from or self.submitted_at)

    @property
    def ends_after(self) -> timedelta:
        """Return how long the access lasts once it is given."""
        return timedelta(days=self.days)

    def policy_attributes(self) -> dict[str, object]:
        """Return what conditions of the policy may read of a request."""
        return {"level": self.level, "days": self.days, "entitlement": self.entitlement}

    @classmethod
    def policy_columns(cls) -> dict[str, tuple[Any, type]]:
        """Return the same as SQL."""
        return {
            "level": (F("level"), str),
            "days": (F("days"), int),
            "entitlement": (F("entitlement"), str),
        }
