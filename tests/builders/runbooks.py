"""Playbooks and versions of runbooks for tests."""

import json
from datetime import datetime
from typing import Any

from governance import boundary
from governance.domain.actor import Actor
from incidents.actions import keeping
from incidents.models import RunbookVersion
from incidents.runbooks import core
from incidents.runbooks.core import CoreRunbook


def a_document(book: CoreRunbook = CoreRunbook.CONTAINMENT, **over: Any) -> bytes:
    """Return the shipped document with other properties, which makes other bytes."""
    return json.dumps({**json.loads(core.document(book)), **over}).encode()


def a_version(
    *, by: Actor, at: datetime, approver: Actor | None = None, **over: Any
) -> RunbookVersion:
    """Bring a document in, and have ``approver`` approve it if there is one."""
    with boundary.acting(by, at=at):
        slug = over.pop("slug", "containment")
        version, _ = keeping.bring(a_document(**over), slug=slug, by=by, at=at)
    if approver is not None:
        with boundary.acting(approver, at=at):
            version = keeping.approve(version, by=approver, at=at)
    return version
