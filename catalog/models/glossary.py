"""Business terms: the organization's own words, what they mean, and the assets that hold them."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from catalog.models.asset import Asset
from governance.models import Governed, User


class TermState(models.TextChoices):
    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    ENDED = "ended", "Ended"


class BusinessTerm(Governed):
    """A word of the business with its one definition.

    Whoever wrote the definition does not approve it. A change of an approved term makes it a draft
    again, because nobody has approved the new words. Names and synonyms are unique whatever
    their case among the names; a synonym may be shared.
    """

    site_path: ClassVar[str] = ""

    name = models.CharField(max_length=120)
    definition = models.TextField(max_length=2000)
    synonyms = ArrayField(
        models.CharField(max_length=120),
        default=list,
        blank=True,
        help_text="Other words for the same, separated by commas.",
    )
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    steward = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    assets: "models.ManyToManyField[Asset, AssetTerm]" = models.ManyToManyField(
        Asset, through="AssetTerm", related_name="business_terms"
    )
    state = models.CharField(
        max_length=8, choices=TermState.choices, default=TermState.DRAFT, editable=False
    )
    written_by = models.CharField(max_length=120, editable=False)
    written_at = models.DateTimeField(editable=False)
    approved_by = models.CharField(max_length=120, blank=True, editable=False)
    approved_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(definition=""), name="business_term_is_defined"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="draft", approved_at=None, approved_by="", ended_at=None)
                    | (
                        Q(state="approved", approved_at__isnull=False, ended_at=None)
                        & ~Q(approved_by="")
                    )
                    | Q(state="ended", ended_at__isnull=False)
                ),
                name="business_term_state_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(approved_by=F("written_by")),
                name="business_term_is_approved_by_a_second_person",
            ),
            models.UniqueConstraint(
                Lower("name"), condition=Q(ended_at=None), name="business_term_has_its_name_alone"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TermRelation(models.Model):
    """Two terms that are read together; stated once, shown on both."""

    term = models.ForeignKey(BusinessTerm, on_delete=models.CASCADE, related_name="relations")
    other = models.ForeignKey(BusinessTerm, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(term__lt=F("other")), name="terms_are_related_in_one_order"
            ),
            models.UniqueConstraint(fields=["term", "other"], name="terms_are_related_once"),
        ]

    def __str__(self) -> str:
        return f"{self.term} and {self.other}"


class AssetTerm(models.Model):
    """An asset holds what a business term means; read through both, so without a policy of its
    own.
    """

    term = models.ForeignKey(BusinessTerm, on_delete=models.CASCADE, related_name="links")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="term_links")
    linked_by = models.CharField(max_length=120)
    linked_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["term", "asset"], name="asset_has_a_term_once"),
        ]

    def __str__(self) -> str:
        return f"{self.asset}: {self.term}"
