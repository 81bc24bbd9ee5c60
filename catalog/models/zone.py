"""Zones, the conduits between them, and the flows that should pass through conduits."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from catalog.domain.zones import HIGHEST, Direction, PurdueLevel, Requirement
from governance.models import Governed, Site

LEVELS = list(range(HIGHEST + 1))
_ORDER = ", ".join(requirement.name for requirement in Requirement)


def _levels(name: str) -> "ArrayField[list[int] | None, list[int] | None]":
    return ArrayField(
        models.PositiveSmallIntegerField(),
        null=True,
        blank=True,
        verbose_name=name,
        help_text=f"0 to 4 for each of {_ORDER}; empty: not stated.",
    )


def _is_a_vector(field: str) -> Q:
    return Q(**{f"{field}__isnull": True}) | Q(
        **{f"{field}__len": len(Requirement), f"{field}__contained_by": LEVELS}
    )


class Zone(Governed):
    """Assets with the same security needs (IEC 62443-3-2, ZCR 3).

    ``sl_target`` is what the risk assessment asks for, ``sl_capability`` what the parts can
    do, ``sl_achieved`` what was found; each a vector in the order of the seven requirements,
    None while nobody has stated it.
    """

    site_path: ClassVar[str] = "site_id"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="zones")
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="subzones"
    )
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=64)
    purdue_level = models.CharField(
        max_length=3, choices=[(level.value, f"Level {level.value}") for level in PurdueLevel]
    )
    is_untrusted = models.BooleanField(
        default=False, help_text="Nothing that comes from here is believed: Internet, suppliers."
    )
    is_safety = models.BooleanField(
        "is a safety zone", default=False, help_text="Keeps people from harm (IEC 61511)."
    )
    sl_target = _levels("SL-T")
    sl_capability = _levels("SL-C")
    sl_achieved = _levels("SL-A")
    created_at = models.DateTimeField(editable=False)
    gone_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-purdue_level", "name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(purdue_level__in=[level.value for level in PurdueLevel]),
                name="zone_purdue_level_is_known",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="zone_is_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=Q(is_untrusted=False) | Q(is_safety=False),
                name="zone_of_safety_is_trusted",
            ),
            models.CheckConstraint(
                condition=_is_a_vector("sl_target"), name="zone_target_is_a_vector"
            ),
            models.CheckConstraint(
                condition=_is_a_vector("sl_capability"), name="zone_capability_is_a_vector"
            ),
            models.CheckConstraint(
                condition=_is_a_vector("sl_achieved"), name="zone_achieved_is_a_vector"
            ),
            models.CheckConstraint(
                condition=Q(gone_at=None) | Q(gone_at__gte=F("created_at")),
                name="zone_is_gone_after_it_was_made",
            ),
            models.UniqueConstraint(fields=["site", "slug"], name="zone_slug_is_unique_at_a_site"),
        ]

    def __str__(self) -> str:
        return self.name


class Conduit(Governed):
    """The one permitted way for flows of some protocols between zones; it holds no zone itself.

    It belongs to a site, whose people answer for it; its zones may stand at others too.
    """

    site_path: ClassVar[str] = "site_id"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="conduits")
    name = models.CharField(max_length=60)
    zones: "models.ManyToManyField[Zone, ConduitZone]" = models.ManyToManyField(
        Zone, through="ConduitZone", related_name="conduits"
    )
    protocols = ArrayField(
        models.CharField(max_length=40), help_text="Separated by commas, as in HTTPS, OPC UA."
    )
    description = models.CharField(max_length=300, blank=True)
    sl_target = _levels("SL-T")
    sl_capability = _levels("SL-C")
    sl_achieved = _levels("SL-A")
    created_at = models.DateTimeField(editable=False)
    gone_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(protocols__len__gte=1), name="conduit_has_a_protocol"
            ),
            models.CheckConstraint(
                condition=_is_a_vector("sl_target"), name="conduit_target_is_a_vector"
            ),
            models.CheckConstraint(
                condition=_is_a_vector("sl_capability"), name="conduit_capability_is_a_vector"
            ),
            models.CheckConstraint(
                condition=_is_a_vector("sl_achieved"), name="conduit_achieved_is_a_vector"
            ),
            models.CheckConstraint(
                condition=Q(gone_at=None) | Q(gone_at__gte=F("created_at")),
                name="conduit_is_gone_after_it_was_made",
            ),
            models.UniqueConstraint(
                fields=["site", "name"],
                condition=Q(gone_at=None),
                name="conduit_name_is_unique_at_a_site",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ConduitZone(models.Model):
    """A conduit touches a zone; read through its conduit, so it has no policy of its own."""

    conduit = models.ForeignKey(Conduit, on_delete=models.CASCADE, related_name="borders")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="borders")
    direction = models.CharField(
        max_length=4, choices=[(one.value, one.value) for one in Direction], default="both"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(direction__in=[one.value for one in Direction]),
                name="conduit_direction_is_known",
            ),
            models.UniqueConstraint(fields=["conduit", "zone"], name="conduit_lists_a_zone_once"),
        ]

    def __str__(self) -> str:
        return f"{self.conduit}: {self.zone} {self.direction}"
