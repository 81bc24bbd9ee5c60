"""Sharing rules: what may go to a party outside, what for, how long kept, and until when."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from catalog.domain.labels import Level
from catalog.models.asset import Asset
from governance.models import Governed


class SharingRuleQuerySet(models.QuerySet["SharingRule"]):
    """Sharing rules and those in force."""

    def in_force(self, at: datetime) -> "SharingRuleQuerySet":
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=at), valid_from__lte=at)


class SharingRule(Governed):
    """One agreed kind of sharing with a party, which is only an opaque reference.

    It covers ``assets`` and what stands in them, or everything where none is named, up to the
    class ``level`` where one is. At ``valid_to`` it has ended.
    """

    party_path = "party_ref"

    party_ref = models.CharField(
        "party", max_length=120, help_text="Who receives it, as in partners.partner:7."
    )
    what = models.CharField("what is shared", max_length=200)
    purpose = models.CharField(max_length=300)
    assets = models.ManyToManyField(
        Asset, blank=True, related_name="sharing_rules", help_text="With what stands in them; "
        "none: everything that goes to the party."
    )  # fmt: skip
    level = models.PositiveSmallIntegerField(
        "highest class",
        null=True,
        blank=True,
        choices=[(level.value, level.slug) for level in Level],
        help_text="What is classified higher, or not at all, is not covered. Empty: any.",
    )
    keep_days = models.PositiveIntegerField(
        "kept there at most (days)", null=True, blank=True, help_text="Empty: nothing is agreed."
    )
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    agreed_by = models.CharField(max_length=120)

    objects = SharingRuleQuerySet.as_manager()

    class Meta:
        ordering = ["party_ref", "valid_from", "id"]
        indexes = [models.Index(fields=["party_ref"], name="sharing_rule_of_a_party")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(what="") & ~Q(purpose="") & ~Q(party_ref=""),
                name="sharing_rule_says_to_whom_what_and_why",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="sharing_rule_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(level=None) | Q(level__range=(Level.PUBLIC, Level.RESTRICTED)),
                name="sharing_rule_level_is_known",
            ),
            models.CheckConstraint(
                condition=Q(keep_days=None) | Q(keep_days__gte=1),
                name="sharing_rule_keeps_a_day_or_more",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} to {self.party_ref}"

    def in_force_at(self, at: datetime) -> bool:
        """Say whether it holds at ``at``."""
        return self.valid_from <= at and (self.valid_to is None or self.valid_to > at)
