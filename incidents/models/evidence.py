"""Evidence and its chain of custody: added to, never changed or removed."""

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.domain.custody import Custody, CustodyAct, Step, fold
from incidents.models.incident import Incident


class EvidenceItem(Governed):
    """One file of an incident, known by its SHA-256; people call it ``E3``.

    The application may add items and never change or remove one: what becomes of them stands
    in their chain. ``source`` names the thing it was taken from. ``token`` is the client's.
    """

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="evidence")
    number = models.PositiveIntegerField()
    token = models.UUIDField(unique=True, editable=False)
    name = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    source = models.CharField(max_length=160, blank=True)
    keep_until = models.DateField()
    received_by = models.CharField(max_length=120)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["incident", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "number"], name="evidence_number_is_given_once"
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="evidence_has_a_sha256"
            ),
            models.CheckConstraint(condition=Q(size__gte=1), name="evidence_is_not_empty"),
            models.CheckConstraint(condition=~Q(name=""), name="evidence_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.name}"

    @property
    def label(self) -> str:
        """Return what people call it within its incident."""
        return f"E{self.number}"

    def custody(self) -> Custody:
        """Return how it stands by its chain."""
        return fold(row.as_step() for row in self.chain.all())


class CustodyEvent(Governed):
    """One act on one item. The application may add acts and never change or remove one."""

    site_path = "item__incident__site_id"

    item = models.ForeignKey(EvidenceItem, on_delete=models.PROTECT, related_name="chain")
    seq = models.PositiveIntegerField()
    act = models.CharField(
        max_length=17, choices=[(one.value, one.value.replace("_", " ")) for one in CustodyAct]
    )
    by = models.CharField(max_length=120)
    to = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["item", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["item", "seq"], name="custody_is_numbered_once"),
            models.CheckConstraint(
                condition=Q(act__in=[one.value for one in CustodyAct]), name="custody_act_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(act__in=["transferred", "released"]) | ~Q(to=""),
                name="custody_names_to_whom",
            ),
            models.CheckConstraint(
                condition=~Q(act__in=["released", "held", "hold_lifted", "destruction_asked"])
                | ~Q(reason=""),
                name="custody_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} of {self.item_id}"

    def as_step(self) -> Step:
        """Return the act as the rules read it."""
        return Step(CustodyAct(self.act), self.by, self.to)
