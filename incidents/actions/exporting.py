"""Handing the evidence of an incident out as one package."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from incidents.actions import collecting, noting
from incidents.evidence.packing import Packed, file_name, pack
from incidents.models import EntryKind, EvidenceItem, Incident
from incidents.permissions import Act
from incidents.queries import people


@transaction.atomic
def package(incident: Incident, *, by: Actor, at: datetime) -> BinaryIO:
    """Return the package as an open file, at its beginning, that vanishes when it is closed.

    Raises:
        NotAllowed: ``by`` may not hand evidence out.
    """
    require(by, Act.EVIDENCE_EXPORT, EvidenceItem(incident=incident), at=at)
    items = list(EvidenceItem.objects.filter(incident=incident).prefetch_related("chain"))
    refs = {row.by for item in items for row in item.chain.all()} | {by.ref}
    refs |= {row.to for item in items for row in item.chain.all() if row.to.startswith("user:")}
    names = people.names(refs)
    shelf = collecting.shelf()
    files, custody, told = [], [], []
    for item in items:
        is_gone = item.custody().is_destroyed
        name = file_name(item.number, item.name)
        files.append(Packed(name, item.sha256, None if is_gone else shelf.path(item.sha256)))
        told.append(
            {
                "item": item.label, "name": item.name, "file": None if is_gone else f"files/{name}",
                "sha256": item.sha256, "size": item.size, "source": item.source,
                "received_at": item.received_at.isoformat(), "keep_until": str(item.keep_until),
                "record": item.ref,
            }
        )  # fmt: skip
        custody += [
            {
                "item": item.label, "number": row.seq, "act": row.act, "by": names[row.by],
                "to": names.get(row.to, row.to), "at": row.at.isoformat(), "reason": row.reason,
                "sha256": row.sha256,
            }
            for row in item.chain.all()
        ]  # fmt: skip
    manifest = {
        "incident": incident.reference, "title": incident.title, "packed_at": at.isoformat(),
        "packed_by": names[by.ref], "items": told,
    }  # fmt: skip
    folder = Path(settings.EVIDENCE_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    out = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by whoever sends it
    try:
        pack(out, manifest=manifest, custody=custody, files=files)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    text = f"Evidence exported, {len(items)} item{'' if len(items) == 1 else 's'}"
    noting.append(incident, EntryKind.EVIDENCE, text, by=by, at=at)
    audit.record(by=by, act=Act.EVIDENCE_EXPORT, ref=incident.ref, at=at, items=len(items))
    return out
