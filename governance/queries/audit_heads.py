"""The signed heads of the log as people read them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from governance.models import AuditCheckpoint, AuditCosignature, AuditLeaf
from governance.queries.receipts import Witnessing, quorum

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Head:
    """One signed size of the log."""

    size: int
    root: str
    at: datetime
    witnesses: list[Witnessing] = field(default_factory=list)

    @property
    def witnessed_after(self) -> timedelta | None:
        """Return how long after signing enough witnesses had answered; None: not yet."""
        times = sorted(one.received_at for one in self.witnesses)
        return times[quorum() - 1] - self.at if len(times) >= quorum() else None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the log, its signed head and its witnesses are."""

    entries: int
    signed: int
    witnessed: int

    @property
    def tail(self) -> int:
        """Return how many entries nobody outside has seen."""
        return self.entries - self.witnessed


def standing() -> Standing:
    """Return the three sizes, each read from the end of an index."""
    leaf = AuditLeaf.objects.order_by("-seq").values_list("seq", flat=True).first()
    head = AuditCheckpoint.objects.values_list("size", flat=True).first()
    seen = (
        AuditCosignature.objects.order_by("-checkpoint").values_list("checkpoint", flat=True)
    ).first()
    return Standing(leaf + 1 if leaf is not None else 0, head or 0, seen or 0)


def latest(known: Mapping[str, bool]) -> list[Head]:
    """Return the newest heads, newest first; two queries."""
    rows = list(AuditCheckpoint.objects.values("size", "root", "at")[:SHOWN])
    signed: dict[int, list[Witnessing]] = defaultdict(list)
    sizes = [row["size"] for row in rows]
    for one in AuditCosignature.objects.filter(checkpoint__in=sizes).order_by("received_at", "id"):
        signed[one.checkpoint_id].append(
            Witnessing(
                one.witness, one.witnessed_at, one.received_at, one.line, known.get(one.witness)
            )
        )
    return [
        Head(row["size"], bytes(row["root"]).hex(), row["at"], signed[row["size"]]) for row in rows
    ]
