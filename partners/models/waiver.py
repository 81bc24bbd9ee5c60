"""Waivers: asked for by one, granted by another, over on a day."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from partners.domain.waiving import MAX_DAYS
from partners.models.finding import Finding
from partners.models.partner import Product


class WaiverState(models.TextChoices):
    """``ended`` was revoked before its time; one that ran out is still ``granted``."""

    ASKED = "asked", "Asked for"
    HALF = "half", "One of two has agreed"
    GRANTED = "granted", "Granted"
    REFUSED = "refused", "Refused"
    ENDED = "ended", "Ended early"


class Waiver(Governed):
    """Leave to stay open past the date, for findings of one product, for 90 days at most.

    The findings are named when it is asked for: a new component version is not covered.
    ``renewal`` counts the waivers that the same findings had before.
    """

    site_path = "product__site_id"
    party_path = "product__partner__party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="waivers")
    findings = models.ManyToManyField(Finding, related_name="waivers")
    state = models.CharField(max_length=7, choices=WaiverState.choices, default=WaiverState.ASKED)
    reason = models.CharField(max_length=1000)
    control = models.CharField("compensating control", max_length=1000, blank=True)
    owner = models.CharField(max_length=200)
    renewal = models.PositiveSmallIntegerField(default=0)
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    needs_two = models.BooleanField("exploited: two must agree", default=False)
    first_by = models.CharField("decided by", max_length=120, blank=True)
    first_at = models.DateTimeField(null=True)
    second_by = models.CharField("also agreed by", max_length=120, blank=True)
    second_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=1000, blank=True)
    begins_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=WaiverState.values), name="waiver_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(owner="") & ~Q(asked_by=""),
                name="waiver_has_a_reason_and_an_owner",
            ),
            models.CheckConstraint(
                condition=~Q(first_by=F("asked_by"))
                & ~Q(second_by=F("asked_by"))
                & (Q(second_by="") | ~Q(second_by=F("first_by"))),
                name="waiver_is_granted_by_others",
            ),
            models.CheckConstraint(
                condition=Q(first_by="", first_at=None)
                | (~Q(first_by="") & Q(first_at__isnull=False)),
                name="waiver_decision_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(second_by="", second_at=None)
                | (~Q(second_by="") & Q(second_at__isnull=False)),
                name="waiver_second_decision_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["granted", "ended"], begins_at__isnull=False)
                | (~Q(state__in=["granted", "ended"]) & Q(begins_at=None)),
                name="waiver_begins_when_it_is_granted",
            ),
            models.CheckConstraint(
                condition=~Q(state="granted", needs_two=True) | ~Q(second_by=""),
                name="waiver_of_exploited_is_granted_by_two",
            ),
            models.CheckConstraint(
                condition=Q(begins_at=None)
                | (
                    Q(until__gt=F("begins_at"))
                    & Q(until__lte=F("begins_at") + timedelta(days=MAX_DAYS))
                ),
                name="waiver_lasts_90_days_at_most",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False)
                | (~Q(state="ended") & Q(ended_at=None)),
                name="waiver_ended_early_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Waiver for {self.product} until {self.until:%Y-%m-%d}"
