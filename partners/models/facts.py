"""What a partner's tier follows from, and tiers set against it."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from partners.domain.tiering import Connection, DataLevel
from partners.models.partner import Partner, Tier


class PartnerFacts(Governed):
    """What a tier follows from; null and empty mean that nobody knows yet."""

    partner = models.OneToOneField(Partner, on_delete=models.PROTECT, related_name="facts")
    halt_hours = models.PositiveIntegerField(
        "a plant stops after, hours", null=True, blank=True, help_text="Without this partner."
    )
    has_substitute = models.BooleanField("a substitute is at hand", null=True, blank=True)
    data = models.CharField(
        "highest data it sees",
        max_length=12,
        blank=True,
        choices=[(one.value, one.value.title()) for one in DataLevel],
    )
    connection = models.CharField(
        "connection to our networks",
        max_length=12,
        blank=True,
        choices=[(one.value, one.value.title()) for one in Connection],
    )
    stated_at = models.DateTimeField()
    stated_by = models.CharField(max_length=120)

    class Meta:
        verbose_name_plural = "facts of partners"
        constraints = [
            models.CheckConstraint(
                condition=Q(data__in=["", *DataLevel]) & Q(connection__in=["", *Connection]),
                name="partner_facts_are_known_words",
            ),
        ]

    def __str__(self) -> str:
        return f"Facts of {self.partner}"


class TierOverrideQuerySet(models.QuerySet["TierOverride"]):
    """Overrides, and those in force."""

    def in_force(self, at: datetime) -> "TierOverrideQuerySet":
        return self.filter(valid_from__lte=at, valid_to__gt=at)


class TierOverride(Governed):
    """A tier that somebody set against the facts, for a time and with a reason."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="tier_overrides")
    tier = models.CharField(max_length=8, choices=Tier.choices)
    reason = models.CharField(max_length=300)
    set_by = models.CharField(max_length=120)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()

    objects = TierOverrideQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__in=Tier.values) & ~Q(reason=""),
                name="tier_override_says_which_and_why",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gt=F("valid_from")), name="tier_override_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_tier_display()} for {self.partner}"
