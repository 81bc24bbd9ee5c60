"""Evidence for tests, taken in as the product does."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from governance import boundary
from governance.domain.actor import Actor
from incidents.actions import collecting
from incidents.models import EvidenceItem, Incident
from tests.builders.incidents import NOW


def an_item(
    incident: Incident, data: bytes = b"seen\n", *, by: Actor, at: datetime = NOW, **over: Any
) -> EvidenceItem:
    """Take ``data`` in as a file of ``incident``; the shelf lies where settings say."""
    folder = collecting.shelf().folder / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / str(uuid4())
    file.write_bytes(data)
    fields: dict[str, Any] = {
        "file": file, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data),
        "name": "export.csv", "token": uuid4(), "source": "HMI line 3",
        "keep_until": date(2026, 1, 1),
    }  # fmt: skip
    try:
        with boundary.acting(by, at=at):
            return collecting.receive(incident, by=by, at=at, **{**fields, **over})
    finally:
        file.unlink(missing_ok=True)


def lies_at(item: EvidenceItem) -> Path:
    """Return where the bytes of ``item`` lie."""
    return collecting.shelf().path(item.sha256)
