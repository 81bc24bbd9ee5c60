"""The one table of keys: categories, uses, subjects, asset types, techniques, mitigations."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from catalog.domain.labels import floor
from catalog.domain.taxonomy import KEY, MAX_KEY, OWN, Origin, Scheme
from governance.models import Governed


class TermQuerySet(models.QuerySet["Term"]):
    def live(self) -> "TermQuerySet":
        """What is not retired."""
        return self.filter(retired_at=None)

    def replaced(self) -> dict[str, str]:
        """Return each retired data category with the one in its place."""
        retired = self.filter(scheme=Scheme.DATA_CATEGORY.value, retired_at__isnull=False)
        return dict(retired.order_by().values_list("key", "successor__key"))


class Term(Governed):
    """A key of a scheme, with what it means.

    ``version`` counts up with each change of label, description, place or state, so that whoever
    copied a term knows that it moved. A retired key stays, names its successor, and is named by
    nothing else any more. ``parent`` follows from the dots of the key.
    """

    site_path: ClassVar[str] = ""

    scheme = models.CharField(max_length=16, choices=[(one.value, one.heading) for one in Scheme])
    key = models.CharField(
        max_length=MAX_KEY, help_text="Own additions stand under x: x.recipe, user.x.badge."
    )
    label = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    reference = models.CharField(
        max_length=20, blank=True, editable=False, help_text="Its maker's number."
    )
    origin = models.CharField(
        max_length=12,
        choices=[(one.value, one.heading) for one in Origin],
        default=Origin.OWN.value,
        editable=False,
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="children"
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)
    successor = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="predecessors"
    )

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = "taxonomy term"
        ordering = ["scheme", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scheme__in=[one.value for one in Scheme]), name="term_scheme_is_known"
            ),
            models.CheckConstraint(
                condition=Q(origin__in=[one.value for one in Origin]), name="term_origin_is_known"
            ),
            models.CheckConstraint(
                condition=Q(key__regex=KEY), name="term_key_is_short_words_with_dots"
            ),
            models.CheckConstraint(
                condition=~Q(origin=Origin.OWN.value) | Q(key__regex=OWN),
                name="term_of_our_own_stands_under_x",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="term_versions_begin_at_one"),
            models.CheckConstraint(
                condition=Q(retired_at=None, successor=None)
                | Q(retired_at__isnull=False, successor__isnull=False),
                name="term_that_is_retired_has_a_successor",
            ),
            models.CheckConstraint(
                condition=(Q(successor=None) | ~Q(successor=F("id")))
                & (Q(parent=None) | ~Q(parent=F("id"))),
                name="term_is_not_above_or_after_itself",
            ),
            models.UniqueConstraint(
                fields=["scheme", "key"], name="term_key_is_unique_in_its_scheme"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.label})"

    @property
    def floor_name(self) -> str:
        """The lowest level of data of this category; empty for other schemes."""
        is_category = self.scheme == Scheme.DATA_CATEGORY.value
        return floor([self.key]).slug if is_category else ""
