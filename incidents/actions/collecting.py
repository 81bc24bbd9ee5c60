"""Taking evidence in: the bytes are on the disk and hashed before anything is recorded."""

from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from incidents.actions import noting, timing
from incidents.domain.custody import RETAINED, CustodyAct
from incidents.errors import HashDiffers
from incidents.evidence.shelf import Shelf
from incidents.models import CustodyEvent, EntryKind, EvidenceItem, Incident
from incidents.permissions import Act


def shelf() -> Shelf:
    """Return where files of evidence lie."""
    return Shelf(Path(settings.EVIDENCE_DIR))


@transaction.atomic
def receive(
    incident: Incident,
    *,
    file: Path,
    sha256: str,
    size: int,
    name: str,
    token: UUID,
    by: Actor,
    at: datetime,
    claimed: str = "",
    source: str = "",
    note: str = "",
    collected_by: str = "",
    keep_until: date | None = None,
) -> EvidenceItem:
    """Keep ``file``, whose ``sha256`` the server took while it came in, as evidence.

    ``claimed`` is the hash that the sender gave, ``collected_by`` who took it at the source, in
    words. The same ``token`` again returns the item of before.

    Raises:
        NotAllowed: ``by`` may not add evidence here.
        HashDiffers: ``claimed`` is another hash; the file is not kept.
        IncidentEnded: the incident was closed or dismissed.
        Conflict: ``token`` was used for something else.
        Refused: the file is empty or has no name.
    """
    known = _known(token, incident, sha256, by)
    if known is not None:
        return known
    item = EvidenceItem(incident=incident)
    require(by, Act.EVIDENCE_ADD, item, at=at)
    incident = timing.lock(incident)
    _same_hash(sha256, claimed)
    item.incident = incident
    item.number = 1 + (
        EvidenceItem.objects.filter(incident=incident).aggregate(last=Max("number"))["last"] or 0
    )
    item.token, item.sha256, item.size = token, sha256, size
    item.name = " ".join(noting.clean(name).split())[:200]
    item.note = noting.clean(note)
    item.source = " ".join(noting.clean(source).split())[:160]
    item.keep_until = keep_until or (at + RETAINED).date()
    item.received_by, item.received_at = by.ref, at
    if not item.name or size < 1:
        raise Refused("The file is empty, or has no name.")
    item.save()
    _begin(item, collected_by, by=by, at=at)
    from_where = f" from {item.source}" if item.source else ""
    text = f"Evidence {item.label} received{from_where}: {item.name}, SHA-256 {sha256}"
    noting.append(incident, EntryKind.EVIDENCE, text, by=by, at=at)
    audit.record(
        by=by, act=Act.EVIDENCE_ADD, ref=item.ref, at=at, incident=incident.reference,
        sha256=sha256, size=size,
    )  # fmt: skip
    # Last, so that what is refused leaves nothing: a file without its row is only unused.
    shelf().put(file, sha256)
    return item


def _known(token: UUID, incident: Incident, sha256: str, by: Actor) -> EvidenceItem | None:
    """Return what ``token`` brought in before.

    Raises:
        Conflict: that was something else.
    """
    known = EvidenceItem.objects.filter(token=token).select_related("incident").first()
    if known is None:
        return None
    if (known.incident_id, known.sha256, known.received_by) != (incident.pk, sha256, by.ref):
        raise Conflict("This form was sent before, for another file.")
    return known


def _same_hash(sha256: str, claimed: str) -> None:
    wanted = claimed.strip().lower()
    if wanted and wanted != sha256:
        raise HashDiffers(f"The file has the SHA-256 {sha256}, not {wanted[:64]}. It was not kept.")


def _begin(item: EvidenceItem, collected_by: str, *, by: Actor, at: datetime) -> None:
    """Open the chain: by whom it was collected, if somebody said so, and that we have it."""
    who = " ".join(noting.clean(collected_by).split())[:120]
    acts = [(CustodyAct.RECEIVED, "")]
    if who:
        acts.insert(0, (CustodyAct.COLLECTED, who))
    for seq, (act, reason) in enumerate(acts, 1):
        CustodyEvent.objects.create(
            item=item, seq=seq, act=act, by=by.ref, at=at, reason=reason, sha256=item.sha256
        )
