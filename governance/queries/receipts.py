"""The place of an entry in the log, who outside has seen it, and the proof of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count

from governance.context import Receipt
from governance.errors import Unavailable
from governance.models import AuditCheckpoint, AuditCosignature, AuditEvent, AuditLeaf
from governance.queries.tree import Missing, StoredTree
from governance.tlog.proofs import Proof, format_proof
from governance.tlog.tree import ProofError, inclusion_proof, leaf_hash, verify_inclusion

Known = Mapping[str, bool]
"""The configured witnesses by name, and whether each shares this host."""


@dataclass(frozen=True, slots=True)
class Witnessing:
    """One witness saw a head; ``shares_host`` is None for one that is not configured (any more)."""

    witness: str
    witnessed_at: datetime
    received_at: datetime
    line: str
    shares_host: bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands. Without ``seq`` the sequencer has not come to it yet."""

    leaf: bytes
    seq: int | None = None
    sequenced_at: datetime | None = None
    covered_by: AuditCheckpoint | None = None
    """The first signed head over it."""
    proven_by: AuditCheckpoint | None = None
    """The first head over it that enough witnesses signed."""
    witnesses: list[Witnessing] = field(default_factory=list)
    """Who signed that head, or else the first one over it."""
    witnessed_after: timedelta | None = None


def standing(given: Sequence[Receipt]) -> list[Receipt]:
    """Return those of ``given`` whose events are in the database, in order; one query."""
    keys = [one.event_id for one in given]
    found = set(AuditEvent.objects.filter(pk__in=keys).values_list("pk", flat=True))
    return [one for one in given if one.event_id in found]


def quorum() -> int:
    """Return how many witnesses must have signed a head, one at the least."""
    return max(1, int(settings.AUDIT_QUORUM))


def place(event: AuditEvent, known: Known) -> Place:
    """Return where ``event`` stands now."""
    own = leaf_hash(bytes(event.leaf_data))
    leaf = AuditLeaf.objects.filter(event=event).first()
    if leaf is None:
        return Place(own)
    over = AuditCheckpoint.objects.filter(size__gt=leaf.seq)
    covered = over.order_by("size").first()
    proven = _proven(leaf.seq)
    shown = proven or covered
    signed = witnessings(shown, known) if shown else []
    return Place(
        leaf=own,
        seq=leaf.seq,
        sequenced_at=leaf.sequenced_at,
        covered_by=covered,
        proven_by=proven,
        witnesses=signed,
        witnessed_after=_after(event, signed) if proven else None,
    )


def witnessings(checkpoint: AuditCheckpoint, known: Known) -> list[Witnessing]:
    """Return who signed this head, in the order in which they answered."""
    return [
        Witnessing(row.witness, row.witnessed_at, row.received_at, row.line, known.get(row.witness))
        for row in checkpoint.cosignatures.order_by("received_at", "id")
    ]


def proof(event: AuditEvent) -> str | None:
    """Return the ``.tlog-proof`` of ``event``, checked, or None before it is witnessed.

    Raises:
        Unavailable: what is stored does not prove it; the integrity check will say more.
    """
    leaf = AuditLeaf.objects.filter(event=event).first()
    checkpoint = _proven(leaf.seq) if leaf else None
    if leaf is None or checkpoint is None:
        return None
    try:
        hashes = inclusion_proof(leaf.seq, checkpoint.size, StoredTree(_rows).node)
        verify_inclusion(
            leaf_hash(bytes(event.leaf_data)),
            leaf.seq,
            checkpoint.size,
            hashes,
            bytes(checkpoint.root),
        )
    except (Missing, ProofError) as error:
        raise Unavailable(f"The stored log does not prove entry {event.pk}: {error}.") from error
    lines = [one.line.rstrip("\n") + "\n" for one in witnessings(checkpoint, {})]
    return format_proof(Proof(leaf.seq, tuple(hashes), checkpoint.note + "".join(lines)))


def _proven(seq: int) -> AuditCheckpoint | None:
    """Return the first head over ``seq`` that enough witnesses signed."""
    size = (
        AuditCosignature.objects.filter(checkpoint__gt=seq)
        .values("checkpoint")
        .annotate(signed=Count("id"))
        .filter(signed__gte=quorum())
        .order_by("checkpoint")
        .values_list("checkpoint", flat=True)
        .first()
    )
    return AuditCheckpoint.objects.get(size=size) if size is not None else None


def _after(event: AuditEvent, signed: list[Witnessing]) -> timedelta | None:
    times = sorted(one.received_at for one in signed)
    return times[quorum() - 1] - event.recorded_at if len(times) >= quorum() else None


def _rows(sql: str, params: tuple[Any, ...] = ()) -> Iterable[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
