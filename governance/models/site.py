"""Sites: the tree in which roles, assets and clocks have their place."""

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from governance.models.governed import Governed


def validate_time_zone(value: str) -> None:
    """Raise ``ValidationError`` for a name that is not in the IANA database."""
    if value not in available_timezones():
        raise ValidationError(f"{value} is not an IANA time zone, as in America/Monterrey")


class SiteKind(models.TextChoices):
    ENTERPRISE = "enterprise", "Enterprise"
    REGION = "region", "Region"
    SITE = "site", "Site"
    AREA = "area", "Area"


class SiteQuerySet(models.QuerySet["Site"]):
    def below(self, site: "Site") -> "SiteQuerySet":
        """``site`` itself and everything under it."""
        return self.filter(Q(pk=site.pk) | Q(path__startswith=f"{site.path}/"))


class Site(Governed):
    """A node of enterprise -> region -> site -> area.

    ``path`` holds the slugs from the root down; it is written by the actions only.
    """

    site_path = "id"

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=SiteKind.choices)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    path = models.CharField(max_length=400, unique=True, editable=False)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    created_at = models.DateTimeField()

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=SiteKind.values), name="site_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="enterprise", parent=None)
                | (~Q(kind="enterprise") & Q(parent__isnull=False)),
                name="site_only_the_enterprise_has_no_parent",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=models.F("id")),
                name="site_is_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def domain(self) -> str:
        """Return the scope in which roles count here."""
        return f"site:{self.slug}"
