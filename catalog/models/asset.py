"""Assets: what there is, whose it is, and where."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Concat

from catalog.domain.assets import DATA_KINDS, OT_KINDS, AssetKind
from catalog.domain.labels import Level
from catalog.domain.zones import ZONED_KINDS
from catalog.models.retention import RetentionRule
from catalog.models.zone import Zone
from catalog.permissions import Act
from governance.domain.gaps import Use
from governance.models import Governed, GovernedSystem, Site, User

ROOT_KEY = "/"
"""Source key of the asset that stands for the system itself."""


_MOSTLY_UNSTATED = (
    "stated_owner", "owner", "stated_technical_owner", "technical_owner", "stated_steward",
    "steward", "stated_retention", "retention", "stated_site", "stated_zone", "zone",
)  # fmt: skip
"""References that most assets lack: indexed where they are set, so that a harvest of a hundred
thousand columns does not write a million entries for nothing.
"""


class AssetQuerySet(models.QuerySet["Asset"]):
    def live(self) -> "AssetQuerySet":
        """What its source still shows."""
        return self.filter(gone_at=None)

    def data(self) -> "AssetQuerySet":
        """What is counted one by one: tables, views, files, feeds; not their columns."""
        return self.filter(kind__in=DATA_KINDS)

    def zoned(self) -> "AssetQuerySet":
        """What is counted in a zone one by one: devices, and systems that are no mere list of
        devices.
        """
        devices = Asset.objects.filter(parent=OuterRef("pk"), kind__in=OT_KINDS, gone_at=None)
        return self.filter(kind__in=ZONED_KINDS).exclude(Q(kind="system") & Exists(devices))

    def owned(self) -> "AssetQuerySet":
        """What has an owner who is still here: somebody who left is none."""
        return self.filter(owner__is_active=True)


class Asset(Governed):
    """A node of system -> database -> schema -> table -> column, or of another source.

    ``stated_owner`` and ``stated_site`` are what somebody set here; ``owner`` and ``site``
    are in force: the nearest statement up the tree, in the end the system's site. They are
    stored, because lists are filtered by the site in SQL and a walk up the tree for each
    row of each list would cost more than the few bulk updates that keep them right
    (``catalog.actions.settling``, called by each action that moves or states something).
    ``zone`` follows from ``stated_zone`` likewise, so that an asset is in one zone at most, and
    so do technical owner, steward and retention. ``level``, ``categories``,
    ``is_personal`` and ``is_classified`` are stored for the same reason: what is asserted of
    the asset itself (``own_level``, ``own_categories``) joined with what flows in. The level
    counts proposals too: protect first, confirm later. A level of None means unclassified,
    never public.

    When a live asset was last seen is the last complete harvest of its system, so that
    an unchanged harvest writes no asset.
    """

    site_path: ClassVar[str] = "site_id"
    data_use: ClassVar[Use | None] = Use(frozenset({Act.DATA_READ}), classified_by="level")

    system = models.ForeignKey(
        GovernedSystem, on_delete=models.PROTECT, db_index=False, related_name="assets"
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in AssetKind])
    name = models.CharField(max_length=300)
    fqn = models.CharField("full name", max_length=1500)
    source_key = models.CharField(max_length=200, editable=False)
    physical_type = models.CharField(max_length=300, blank=True)
    ordinal = models.PositiveIntegerField(null=True, blank=True)
    nullable = models.BooleanField(null=True, blank=True)
    key_position = models.PositiveSmallIntegerField(null=True, blank=True)
    description = models.TextField(blank=True)
    definition = models.TextField(blank=True)
    row_estimate = models.BigIntegerField(null=True, blank=True)
    fingerprint = models.CharField(max_length=64, editable=False)
    criticality = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="1 (least) to 5 (a plant stands still)."
    )
    stated_owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, db_index=False, blank=True, related_name="+"
    )
    stated_site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, db_index=False, blank=True, related_name="+"
    )
    owner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        editable=False,
        related_name="assets",
    )
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, editable=False, related_name="assets"
    )
    stated_technical_owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, db_index=False, blank=True, related_name="+"
    )
    technical_owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, db_index=False, editable=False, related_name="+"
    )
    stated_steward = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, db_index=False, blank=True, related_name="+"
    )
    steward = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, db_index=False, editable=False, related_name="+"
    )
    stated_retention = models.ForeignKey(
        RetentionRule,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        blank=True,
        related_name="+",
    )
    retention = models.ForeignKey(
        RetentionRule,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        editable=False,
        related_name="assets",
    )
    own_level = models.PositiveSmallIntegerField(
        null=True, editable=False, choices=[(level.value, level.slug) for level in Level]
    )
    own_categories = ArrayField(
        models.CharField(max_length=80), default=list, editable=False, db_default=Value("{}")
    )
    categories = ArrayField(
        models.CharField(max_length=80), default=list, editable=False, db_default=Value("{}")
    )
    is_pending = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Labels that flow in are being worked out again.",
    )
    stated_zone = models.ForeignKey(
        Zone, on_delete=models.PROTECT, null=True, db_index=False, blank=True, related_name="+"
    )
    zone = models.ForeignKey(
        Zone,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        editable=False,
        related_name="assets",
    )
    level = models.PositiveSmallIntegerField(
        null=True, editable=False, choices=[(level.value, level.slug) for level in Level]
    )
    is_personal = models.BooleanField(default=False, editable=False)
    is_classified = models.BooleanField(default=False, editable=False)
    first_seen_at = models.DateTimeField()
    deprecated_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering = ["fqn", "id"]
        indexes = [
            models.Index(fields=["fqn", "id"], condition=Q(gone_at=None), name="asset_by_fqn"),
            models.Index(fields=["kind", "fqn", "id"], name="asset_by_kind"),
            *(
                models.Index(
                    fields=[name],
                    condition=Q(**{f"{name}__isnull": False}),
                    name=f"asset_{name}",
                )
                for name in _MOSTLY_UNSTATED
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in AssetKind]),
                name="asset_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(level=None) | Q(level__range=(Level.PUBLIC, Level.RESTRICTED)),
                name="asset_level_is_known",
            ),
            models.CheckConstraint(
                condition=Q(own_level=None) | Q(own_level__range=(Level.PUBLIC, Level.RESTRICTED)),
                name="asset_own_level_is_known",
            ),
            models.CheckConstraint(
                condition=Q(criticality=None) | Q(criticality__range=(1, 5)),
                name="asset_criticality_is_one_to_five",
            ),
            models.CheckConstraint(
                condition=Q(gone_at=None) | Q(gone_at__gte=F("first_seen_at")),
                name="asset_is_gone_after_it_was_seen",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="asset_is_not_its_own_parent"
            ),
            models.UniqueConstraint(
                fields=["system", "source_key"], name="asset_is_listed_once_in_its_system"
            ),
        ]

    def __str__(self) -> str:
        return self.fqn

    @property
    def level_name(self) -> str:
        """The level as people write it; an unclassified asset says so."""
        return "unclassified" if self.level is None else Level(self.level).slug

    def policy_attributes(self) -> dict[str, object]:
        """Return what conditions of the policy may read of an asset."""
        return {
            "kind": self.kind,
            "level": self.level_name,
            "personal": self.is_personal,
            "owner": f"user:{self.owner_id}" if self.owner_id else "",
            "criticality": self.criticality or 0,
        }

    @classmethod
    def policy_columns(cls) -> dict[str, tuple[Any, type]]:
        """Return the same as SQL."""
        levels = [When(level=level.value, then=Value(level.slug)) for level in Level]
        text = models.TextField()
        return {
            "kind": (F("kind"), str),
            "level": (Case(*levels, default=Value("unclassified"), output_field=text), str),
            "personal": (F("is_personal"), bool),
            "owner": (
                Case(
                    When(owner=None, then=Value("")),
                    default=Concat(Value("user:"), Cast("owner_id", text), output_field=text),
                    output_field=text,
                ),
                str,
            ),
            "criticality": (Coalesce(F("criticality"), 0), int),
        }
