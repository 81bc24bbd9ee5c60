"""Runbooks: brought in by one person, approved by a second, reviewed by their owner."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import User
from incidents.cacao.judging import Verdict, judge
from incidents.domain.runbooks import VersionState
from incidents.errors import OwnRunbook, PlaybookInvalid, ReasonMissing
from incidents.models import Runbook, RunbookVersion
from incidents.permissions import Act
from incidents.runbooks import core
from incidents.runbooks.core import CoreRunbook

RELEASE = "release:wardroom"
"""Who wrote the shipped runbooks; whoever installs them puts them in force."""


@transaction.atomic
def bring(
    document: bytes, *, slug: str = "", change: str = "", by: Actor, at: datetime
) -> tuple[RunbookVersion, Verdict]:
    """Keep ``document`` as the next version of its runbook, as a draft, byte for byte.

    It belongs to the runbook whose CACAO id it carries; a new one begins where there is none,
    called ``slug`` or after its name.

    Raises:
        NotAllowed: ``by`` may not bring runbooks in.
        PlaybookInvalid: it breaks a rule of CACAO 2.0.
        Conflict: these very bytes are a version already, or the short name is another's.
    """
    require(by, Act.RUNBOOK_WRITE, Runbook(slug=slug or "new"), at=at)
    verdict = judged(document)
    row = _runbook(verdict, slug, by=by, at=at)
    return _add(row, document, verdict, change=change, written_by=by.ref, by=by, at=at), verdict


def judged(document: bytes) -> Verdict:
    """Return the verdict on ``document``.

    Raises:
        PlaybookInvalid: the verdict refuses it.
    """
    verdict = judge(document)
    if verdict.fault is not None:
        raise PlaybookInvalid(verdict.fault.rule, verdict.fault.pointer, verdict.fault.message)
    return verdict


@transaction.atomic
def approve(version: RunbookVersion, *, by: Actor, at: datetime) -> RunbookVersion:
    """Put ``version`` in force; the one before it retires. Runs that are under way stay on theirs.

    Raises:
        NotAllowed: ``by`` may not approve runbooks.
        OwnRunbook: ``by`` brought it in, or is no person.
        Conflict: it is no draft any more.
    """
    require(by, Act.RUNBOOK_APPROVE, version, at=at)
    if by.is_service or by.ref == version.written_by:
        raise OwnRunbook("A second person approves what somebody brought in.")
    book = Runbook.objects.select_for_update().get(pk=version.runbook_id)
    _put_in_force(book, version, by=by, at=at)
    audit.record(
        by=by, act=Act.RUNBOOK_APPROVE, ref=version.ref, at=at,
        runbook=book.slug, version=version.number, sha256=version.sha256,
    )  # fmt: skip
    version.refresh_from_db()
    return version


@transaction.atomic
def retire(version: RunbookVersion, *, reason: str, by: Actor, at: datetime) -> RunbookVersion:
    """Take a draft or the approved version out of use; it can still be exported.

    Raises:
        NotAllowed: ``by`` may not retire runbooks.
        ReasonMissing: nothing says why.
        Conflict: it is retired already.
    """
    require(by, Act.RUNBOOK_RETIRE, version, at=at)
    if not reason.strip():
        raise ReasonMissing("Say why this version is used no longer.")
    rows = RunbookVersion.objects.filter(pk=version.pk).exclude(state=VersionState.RETIRED)
    if not rows.update(state=VersionState.RETIRED, retired_by=by.ref, retired_at=at):
        raise Conflict(f"{version} is retired already.")
    audit.record(by=by, act=Act.RUNBOOK_RETIRE, ref=version.ref, at=at, reason=reason.strip())
    version.refresh_from_db()
    return version


@transaction.atomic
def review(runbook: Runbook, *, note: str, by: Actor, at: datetime) -> Runbook:
    """Say that ``runbook`` was read through and what came of it; a new quarter begins.

    Raises:
        NotAllowed: ``by`` may not review runbooks.
        Refused: somebody else owns it.
        ReasonMissing: nothing says what came of it.
    """
    require(by, Act.RUNBOOK_REVIEW, runbook, at=at)
    if runbook.owner is not None and runbook.owner.as_actor().ref != by.ref:
        raise Refused(f"{runbook.owner.name} owns this runbook and reviews it.")
    if not note.strip():
        raise ReasonMissing("Say what came of it: stays as it is, or what is to change.")
    Runbook.objects.filter(pk=runbook.pk).update(
        reviewed_at=at, reviewed_by=by.ref, review_note=note.strip()
    )
    audit.record(by=by, act=Act.RUNBOOK_REVIEW, ref=runbook.ref, at=at, note=note.strip())
    runbook.refresh_from_db()
    return runbook


@transaction.atomic
def own(runbook: Runbook, person: User | None, *, by: Actor, at: datetime) -> Runbook:
    """Make ``person`` the owner, who reviews it every quarter.

    Raises:
        NotAllowed: ``by`` may not say who owns runbooks.
    """
    require(by, Act.RUNBOOK_OWN, runbook, at=at)
    Runbook.objects.filter(pk=runbook.pk).update(owner=person)
    name = person.as_actor().ref if person else None
    audit.record(by=by, act=Act.RUNBOOK_OWN, ref=runbook.ref, at=at, owner=name)
    runbook.refresh_from_db()
    return runbook


@transaction.atomic
def lay(*, by: Actor, at: datetime) -> int:
    """Bring the shipped runbooks in, approved; return how many are new.

    The release wrote them and whoever installs it puts them in force, once: a runbook that
    this installation has, in whatever version, is left alone.

    Raises:
        NotAllowed: ``by`` may not bring runbooks in.
    """
    new = 0
    for book in CoreRunbook:
        if Runbook.objects.filter(slug=book.value).exists():
            continue
        require(by, Act.RUNBOOK_WRITE, Runbook(slug=book.value), at=at)
        data = core.document(book)
        verdict = judged(data)
        row = _runbook(verdict, book.value, by=by, at=at)
        version = _add(row, data, verdict, change="As shipped", written_by=RELEASE, by=by, at=at)
        _put_in_force(row, version, by=by, at=at)
        new += 1
    return new


def _runbook(verdict: Verdict, slug: str, *, by: Actor, at: datetime) -> Runbook:
    content = verdict.content or {}
    name = str(content["name"])[:160]
    found = Runbook.objects.select_for_update().filter(playbook_id=content["id"]).first()
    if found is not None:
        if slug and slug != found.slug:
            raise Conflict(f"This playbook is {found.slug} here.")
        return found
    slug = slug or slugify(name)[:64] or str(content["id"])[-36:]
    try:
        with transaction.atomic():
            return Runbook.objects.create(
                slug=slug, playbook_id=content["id"], name=name, reviewed_at=at, reviewed_by=by.ref
            )
    except IntegrityError as error:
        raise Conflict(f"{slug} is another runbook: give this one a short name.") from error


def _add(
    row: Runbook,
    document: bytes,
    verdict: Verdict,
    *,
    change: str,
    written_by: str,
    by: Actor,
    at: datetime,
) -> RunbookVersion:
    same = row.versions.filter(sha256=verdict.sha256).first()
    if same is not None:
        raise Conflict(f"{row} has this document already, as version {same.number}.")
    last = row.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = RunbookVersion.objects.create(
        runbook=row,
        number=last + 1,
        document=document,
        sha256=verdict.sha256,
        change=change.strip(),
        written_by=written_by,
        written_at=at,
    )
    audit.record(
        by=by, act=Act.RUNBOOK_WRITE, ref=version.ref, at=at,
        runbook=row.slug, version=version.number, sha256=version.sha256,
    )  # fmt: skip
    return version


def _put_in_force(book: Runbook, version: RunbookVersion, *, by: Actor, at: datetime) -> None:
    book.versions.filter(state=VersionState.APPROVED).update(
        state=VersionState.RETIRED, retired_by=by.ref, retired_at=at
    )
    drafts = RunbookVersion.objects.filter(pk=version.pk, state=VersionState.DRAFT)
    if not drafts.update(state=VersionState.APPROVED, approved_by=by.ref, approved_at=at):
        raise Conflict(f"{version} is no draft any more.")
    content = judged(bytes(version.document)).content or {}
    Runbook.objects.filter(pk=book.pk).update(name=str(content["name"])[:160])
