"""Runbooks: two people for a version, one approved at a time, every byte kept."""

from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import User
from incidents.actions import keeping, running
from incidents.cacao import document
from incidents.cacao.canonical import canonical
from incidents.cacao.judging import judge
from incidents.errors import (
    NoApprovedVersion,
    OwnRunbook,
    PlaybookInvalid,
    ReasonMissing,
)
from incidents.models import Card, Runbook, RunbookVersion
from incidents.queries import runbooks
from incidents.runbooks import core
from incidents.runbooks.core import CoreRunbook
from tests.builders.incidents import a_responder, an_incident
from tests.builders.runbooks import a_branching_document, a_document, a_version
from tests.shared import shared

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(db: None) -> Actor:
    return a_responder("board_member")


def test_a_version_lives_from_draft_to_retired(
    commander: Actor, board: Actor, at: datetime
) -> None:
    first = a_version(by=commander, at=at, name="One")
    assert (first.number, first.state, first.written_by) == (1, "draft", commander.ref)
    with boundary.acting(board, at=at):
        first = keeping.approve(first, by=board, at=at)
    assert (first.state, first.approved_by, first.approved_at) == ("approved", board.ref, at)
    second = a_version(by=commander, at=at, approver=board, name="Two")
    first.refresh_from_db()
    assert (second.number, second.state) == (2, "approved")
    assert (first.state, first.retired_by, first.retired_at) == ("retired", board.ref, at)
    assert first.approved_by == board.ref
    assert Runbook.objects.get().name == "Two"
    with boundary.acting(board, at=at):
        assert keeping.retire(second, reason="superseded", by=board, at=at).state == "retired"
        with pytest.raises(Conflict):
            keeping.retire(second, reason="again", by=board, at=at)
        with pytest.raises(Conflict):
            keeping.approve(first, by=board, at=at)


def test_nobody_approves_what_they_brought_in(commander: Actor, board: Actor, at: datetime) -> None:
    version = a_version(by=commander, at=at)
    with pytest.raises(OwnRunbook):
        keeping.approve(version, by=commander, at=at)
    with pytest.raises(NotAllowed):
        keeping.approve(version, by=actors.service("operator"), at=at)
    version.refresh_from_db()
    assert version.state == "draft"


def test_a_soc_analyst_writes_and_does_not_approve(commander: Actor, at: datetime) -> None:
    soc, auditor = a_responder("soc_analyst"), a_responder("auditor")
    version = a_version(by=commander, at=at)
    for act in (
        lambda: keeping.approve(version, by=soc, at=at),
        lambda: keeping.retire(version, reason="x", by=soc, at=at),
        lambda: keeping.bring(a_document(name="x"), by=auditor, at=at),
        lambda: keeping.review(version.runbook, note="x", by=auditor, at=at),
        lambda: keeping.own(version.runbook, None, by=soc, at=at),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_every_byte_is_kept(commander: Actor, at: datetime) -> None:
    data = b"  " + a_document() + b"\n\n"
    version, verdict = keeping.bring(data, by=commander, at=at)
    version.refresh_from_db()
    assert bytes(version.document) == data
    assert version.sha256 == verdict.sha256
    assert version.runbook.slug == "containment-and-isolation"
    with pytest.raises(Conflict, match="already, as version 1"):
        keeping.bring(data, by=commander, at=at)


def test_an_invalid_playbook_is_refused_with_its_place(commander: Actor, at: datetime) -> None:
    with pytest.raises(PlaybookInvalid, match="range at /priority") as refused:
        keeping.bring(a_document(priority=101), by=commander, at=at)
    assert (refused.value.rule, refused.value.pointer) == ("range", "/priority")
    assert not RunbookVersion.objects.exists()


def test_a_short_name_belongs_to_one_playbook(commander: Actor, at: datetime) -> None:
    a_version(by=commander, at=at)
    with pytest.raises(Conflict, match="another runbook"):
        keeping.bring(a_document(CoreRunbook.RECOVERY), slug="containment", by=commander, at=at)
    with pytest.raises(Conflict, match="is containment here"):
        keeping.bring(a_document(name="x"), slug="other", by=commander, at=at)


def test_a_run_starts_from_the_approved_version_and_stays_on_it(
    commander: Actor, board: Actor, at: datetime
) -> None:
    version = a_version(by=commander, at=at, approver=board, name="Ours")
    incident = an_incident(by=commander, at=at)
    run = running.start(incident, "containment", by=commander, at=at)
    assert (run.name, run.version, run.sha256) == ("Ours", version, version.sha256)
    a_version(by=commander, at=at, approver=board, name="Later")
    run.refresh_from_db()
    assert bytes(run.document) == bytes(version.document)
    assert [card.title for card in Card.objects.filter(run=run)] == ["Draw the boundary"]


def test_a_draft_is_not_started(commander: Actor, board: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    version = a_version(by=commander, at=at)
    assert "containment" not in [slug for slug, _ in runbooks.startable()]
    with pytest.raises(NoApprovedVersion):
        running.start(incident, "containment", by=commander, at=at)
    with pytest.raises(NoApprovedVersion):
        running.start(incident, "no-such", by=commander, at=at)
    with boundary.acting(board, at=at):
        keeping.approve(version, by=board, at=at)
    assert running.start(incident, "containment", by=commander, at=at).version == version


def test_a_branching_version_runs_as_well(commander: Actor, board: Actor, at: datetime) -> None:
    version, _ = keeping.bring(a_branching_document(), slug="triage", by=commander, at=at)
    with boundary.acting(board, at=at):
        keeping.approve(version, by=board, at=at)
    incident = an_incident(by=commander, at=at)
    run = running.start(incident, "triage", by=commander, at=at)
    assert [card.title for card in Card.objects.filter(run=run)] == ["Look at the alert"]


def test_the_shipped_ones_are_laid_once_and_left_alone(at: datetime) -> None:
    by = actors.service("operator")
    with boundary.acting(by, at=at):
        assert keeping.lay(by=by, at=at) == 4
        assert keeping.lay(by=by, at=at) == 0
    laid = RunbookVersion.objects.select_related("runbook")
    assert {(one.runbook.slug, one.state, one.written_by) for one in laid} == {
        (book.value, "approved", keeping.RELEASE) for book in CoreRunbook
    }
    for one in laid:
        assert bytes(one.document) == core.document(CoreRunbook(one.runbook.slug))
    assert [slug for slug, _ in runbooks.startable()] == [book.value for book in CoreRunbook]


def test_the_owner_reviews_every_quarter(commander: Actor, board: Actor, at: datetime) -> None:
    book = a_version(by=commander, at=at).runbook
    person = User.objects.get(pk=commander.ref.removeprefix("user:"))
    book = keeping.own(book, person, by=commander, at=at)
    assert runbooks.duties(commander, at + timedelta(days=76)) == []
    (duty,) = runbooks.duties(commander, at + timedelta(days=77))
    assert (duty.due_at, duty.url) == (at + timedelta(days=91), "/incidents/runbooks/containment/")
    assert runbooks.duties(board, at + timedelta(days=100)) == []
    later = at + timedelta(days=90)
    with boundary.acting(board, at=later), pytest.raises(Refused, match="owns this runbook"):
        keeping.review(book, note="fine", by=board, at=later)
    with boundary.acting(commander, at=later):
        with pytest.raises(ReasonMissing):
            keeping.review(book, note=" ", by=commander, at=later)
        book = keeping.review(book, note="stays", by=commander, at=later)
    assert (book.reviewed_at, book.reviewed_by, book.review_note) == (later, commander.ref, "stays")
    assert runbooks.duties(commander, later) == []
    assert runbooks.duties(actors.service("operator"), later) == []


def test_every_accepted_document_of_the_corpus_comes_back_byte_for_byte(
    commander: Actor, at: datetime
) -> None:
    taken = 0
    for path in sorted(shared("incidents/cacao").glob("*.json")):
        data = path.read_bytes()
        if not judge(data).is_accepted:
            continue
        version, _ = keeping.bring(data, slug=f"corpus-{taken}", by=commander, at=at)
        version.refresh_from_db()
        kept = bytes(version.document)
        assert kept == data, path.name
        assert canonical(document.load(kept)) == canonical(document.load(data))
        taken += 1
        RunbookVersion.objects.all().delete()
        Runbook.objects.all().delete()
    assert taken == 8
