"""Runbooks as they stand: what would be started, and what the owners have to review."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.urls import reverse

from governance.domain.actor import Actor
from governance.registries import Duty
from incidents.domain.runbooks import VersionState, asks_for_review, due_at
from incidents.models import Runbook, RunbookVersion
from incidents.runbooks import core
from incidents.runbooks.core import CoreRunbook


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run of the runbook ``slug`` starts from; ``version`` is None as shipped."""

    slug: str
    document: bytes
    version: RunbookVersion | None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.document).hexdigest()


def standing(slug: str) -> Standing | None:
    """Return the approved version of ``slug``.

    The core runbooks stand as shipped until a first version of theirs came in; from then on
    only what a second person approved does. None where nothing is approved.
    """
    approved = (
        RunbookVersion.objects.filter(runbook__slug=slug, state=VersionState.APPROVED)
        .select_related("runbook")
        .first()
    )
    if approved is not None:
        return Standing(slug, bytes(approved.document), approved)
    if slug in list(CoreRunbook) and not Runbook.objects.filter(slug=slug).exists():
        return Standing(slug, core.document(CoreRunbook(slug)), None)
    return None


def by_playbook(playbook_id: str) -> Standing | None:
    """Return the approved version of the playbook that CACAO knows as ``playbook_id``."""
    slug = Runbook.objects.filter(playbook_id=playbook_id).values_list("slug", flat=True).first()
    if slug is not None:
        return standing(slug)
    shipped = (one for one in CoreRunbook if core.identity(one) == playbook_id)
    found = next(shipped, None)
    return standing(found.value) if found else None


def startable() -> list[tuple[str, str]]:
    """Return slug and name of everything approved: the core ones in the order of an incident."""
    approved = RunbookVersion.objects.filter(runbook=OuterRef("pk"), state=VersionState.APPROVED)
    rows = list(
        Runbook.objects.annotate(is_approved=Exists(approved))
        .order_by("name")
        .values_list("slug", "name", "is_approved")
    )
    laid = {slug for slug, _, _ in rows}
    found = {slug: name for slug, name, is_approved in rows if is_approved}
    core_ones = [
        (book.value, found.pop(book.value, "") or core.playbook(book).name)
        for book in CoreRunbook
        if book.value in found or book.value not in laid
    ]
    return [*core_ones, *found.items()]


def duties(actor: Actor, at: datetime) -> list[Duty]:
    """Return the runbooks whose owner is ``actor`` and whose quarterly review is due soon."""
    if not actor.ref.startswith("user:"):
        return []
    mine = Runbook.objects.filter(owner=UUID(actor.ref.removeprefix("user:")))
    return [
        Duty(
            f"Review the runbook {row.name}",
            "You own it; every runbook is reviewed once a quarter",
            reverse("incidents:runbook", args=[row.slug]),
            due_at(row.reviewed_at),
        )
        for row in mine.order_by("reviewed_at")
        if asks_for_review(row.reviewed_at, at=at)
    ]
