"""Edges between assets: what refers to what, and what is made of what."""

from django.db import models
from django.db.models import F, Q

from catalog.models.asset import Asset


class EdgeKind(models.TextChoices):
    """How one asset depends on another (catalogue of lineage kinds after OpenLineage 2-0-2)."""

    FOREIGN_KEY = "foreign_key", "Foreign key"
    DIRECT = "direct", "Made of"
    INDIRECT = "indirect", "Influenced by"
    OPAQUE = "opaque", "Made of, coarse"


LINEAGE_KINDS = (EdgeKind.DIRECT, EdgeKind.INDIRECT, EdgeKind.OPAQUE)


class EdgeQuerySet(models.QuerySet["Edge"]):
    def live(self) -> "EdgeQuerySet":
        """What its source still states."""
        return self.filter(gone_at=None)


class Edge(models.Model):
    """Data go from ``src`` to ``dst``, or a column refers to another.

    Read through its assets, so it has no policy of its own. A direct edge carries labels
    through what ``mask`` leaves of them, an opaque one those of the whole source (coarse), an
    indirect one and a reference none. Each source states its own edges: what a view says and
    what an event says of the same two columns are two edges, and one may end without the other.
    """

    src = models.ForeignKey(
        Asset, on_delete=models.PROTECT, db_index=False, related_name="outgoing"
    )
    dst = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="incoming")
    kind = models.CharField(max_length=12, choices=EdgeKind.choices)
    source = models.CharField(
        max_length=200, default="harvest", db_default="harvest", help_text="Who states it."
    )
    transform = models.CharField(max_length=40, blank=True, db_default="")
    mask = models.CharField(max_length=40, blank=True, db_default="")
    name = models.CharField(max_length=120, blank=True, help_text="As the source calls it.")
    first_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)

    objects = EdgeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["dst", "src"], condition=Q(gone_at=None), name="edge_by_target"),
            # Labels of a table that go on as a whole start from a node of their own: see
            # ``catalog.queries.flows``.
            models.Index(
                F("src_id") * -1,
                name="edge_of_a_whole",
                condition=Q(kind="opaque", gone_at=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EdgeKind.values), name="edge_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(gone_at=None) | Q(gone_at__gte=F("first_seen_at")),
                name="edge_is_gone_after_it_was_seen",
            ),
            models.CheckConstraint(condition=~Q(src=F("dst")), name="edge_leads_elsewhere"),
            models.UniqueConstraint("src", "dst", "kind", "source", name="edge_is_stated_once"),
        ]

    def __str__(self) -> str:
        return f"{self.src} -> {self.dst}"
