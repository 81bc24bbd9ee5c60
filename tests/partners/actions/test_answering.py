"""A supplier's answer is a claim: about one component version, counted or reviewed, never a fix."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed
from partners.actions import answering, sweeping, vex_documents
from partners.errors import BadAnswer, UnreadableVex
from partners.models import Answer, Finding, FindingEvent, Partner
from tests.builders.governance import a_user, holds
from tests.builders.partners import a_contact, a_finding, a_record
from tests.builders.vex import CVE, a_csaf, a_cyclonedx_vex, an_openvex
from tests.partners.actions.test_following import DAY, NEW, OLD, Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(tmp_path: Path, operator: Actor, at: datetime) -> Scene:
    found = Scene(tmp_path, operator, at)
    found.feed(a_record(aliases=[CVE]))
    found.ship(OLD)
    return found


@pytest.fixture
def reviewer() -> Actor:
    user = a_user()
    holds(user, "soc_analyst")
    return user.as_actor(has_mfa=True)


def trusted(scene: Scene) -> None:
    Partner.objects.filter(pk=scene.product.partner_id).update(is_trusted=True)
    scene.product.partner.refresh_from_db()


def take(scene: Scene, body: bytes, *, days: int = 1) -> vex_documents.Taken:
    return vex_documents.take(body, product=scene.product, by=scene.by, at=scene.at + days * DAY)


def decide(answer: Answer, by: Actor, at: datetime, *, accepts: bool) -> None:
    with boundary.acting(by, at=at):
        answering.decide(answer, accepts=accepts, reason="Looked at it.", by=by, at=at)


@pytest.mark.parametrize("body", [an_openvex(), a_cyclonedx_vex(), a_csaf()])
def test_not_affected_of_a_trusted_partner_ends_the_clock(scene: Scene, body: bytes) -> None:
    trusted(scene)
    taken = take(scene, body)
    assert (taken.accepted, taken.pending, taken.skipped) == (1, 0, 0)
    assert (scene.finding.state, scene.finding.ended_at) == ("mitigated", scene.at + DAY)
    assert not take(scene, body, days=2).is_new


def test_else_somebody_reviews_it_and_its_day_of_arrival_counts(
    scene: Scene, reviewer: Actor
) -> None:
    taken = take(scene, an_openvex())
    assert (taken.accepted, taken.pending) == (0, 1)
    assert scene.finding.state == "open"
    assert sweeping.sweep(by=scene.by, at=scene.at + 20 * DAY).overdue == 1
    decide(Answer.objects.get(), reviewer, scene.at + 21 * DAY, accepts=True)
    assert (scene.finding.state, scene.finding.ended_at) == ("mitigated", scene.at + DAY)
    assert scene.finding.breached_at is None
    assert sweeping.sweep(by=scene.by, at=scene.at + 40 * DAY).overdue == 0


def test_a_rejected_claim_leaves_the_clock_and_a_revoked_one_gives_it_back(
    scene: Scene, reviewer: Actor
) -> None:
    due = scene.finding.due_at
    take(scene, an_openvex())
    answer = Answer.objects.get()
    decide(answer, reviewer, scene.at + 2 * DAY, accepts=True)
    assert scene.finding.state == "mitigated"
    decide(answer, reviewer, scene.at + 3 * DAY, accepts=False)
    assert (scene.finding.state, scene.finding.ended_at) == ("open", None)
    assert scene.finding.due_at == due
    assert scene.events() == ["opened", "mitigated", "reopened"]


def test_an_answer_too_late_is_a_breach_that_ended(scene: Scene) -> None:
    trusted(scene)
    take(scene, an_openvex(), days=30)
    assert scene.finding.state == "mitigated"
    assert scene.finding.breached_at == scene.finding.due_at


def test_fixed_is_announced_and_only_a_newer_document_proves_it(scene: Scene) -> None:
    trusted(scene)
    take(scene, a_cyclonedx_vex(analysis={"state": "resolved"}))
    assert (scene.finding.state, scene.finding.claim) == ("open", "fixed")
    scene.ship(NEW, days=3)
    assert (scene.finding.state, scene.finding.claim) == ("fixed", "")


def test_what_was_answered_stays_answered_with_the_next_document(scene: Scene) -> None:
    trusted(scene)
    take(scene, an_openvex())
    scene.ship(OLD, "pkg:pypi/other@1", days=5)
    assert scene.finding.state == "mitigated"


def test_a_claim_says_nothing_of_another_version(scene: Scene) -> None:
    trusted(scene)
    take(scene, an_openvex())
    scene.ship("pkg:pypi/requests@2.30.0", days=5)
    states = dict(Finding.objects.values_list("component__version", "state"))
    assert states == {"2.28.2": "mitigated", "2.30.0": "open"}


def test_what_names_nothing_known_is_listed(scene: Scene) -> None:
    taken = take(scene, an_openvex(statement={"products": [{"@id": "pkg:pypi/unknown@1"}]}))
    assert (taken.skipped, Answer.objects.count()) == (1, 0)
    assert "no such component" in taken.document.statements.get().reason


def test_an_answer_before_its_advisory_counts_when_that_comes(
    tmp_path: Path, operator: Actor, at: datetime
) -> None:
    scene = Scene(tmp_path, operator, at)
    trusted(scene)
    scene.ship(OLD)
    take(scene, an_openvex(), days=0)
    scene.feed(a_record(aliases=[CVE]), days=2)
    assert scene.finding.state == "mitigated"


def test_authors_who_contradict_each_other_are_looked_at(scene: Scene) -> None:
    trusted(scene)
    take(scene, an_openvex(statement={"status": "affected", "action_statement": "Update."}))
    taken = take(scene, an_openvex(author="Another"), days=2)
    assert (taken.accepted, taken.pending) == (0, 1)
    assert scene.finding.claim == "affected"


def test_the_newer_word_of_the_same_author_counts(scene: Scene) -> None:
    trusted(scene)
    take(scene, an_openvex())
    later = an_openvex(
        timestamp="2026-11-20T08:00:00Z",
        statement={"status": "affected", "action_statement": "Update."},
    )
    take(scene, later, days=3)
    assert (scene.finding.state, scene.finding.claim) == ("open", "affected")


def test_a_contact_answers_for_its_own_finding(scene: Scene) -> None:
    by = a_contact(scene.product.partner).as_actor(has_mfa=True)
    with boundary.acting(by, at=scene.at):
        with pytest.raises(BadAnswer):
            answering.give(scene.finding, status="not_affected", by=by, at=scene.at)
        with pytest.raises(BadAnswer):
            answering.give(scene.finding, status="fine", by=by, at=scene.at)
        row = answering.give(
            scene.finding,
            status="not_affected",
            justification="vulnerable_code_not_present",
            by=by,
            at=scene.at,
        )
        with pytest.raises(NotAllowed):
            answering.decide(row, accepts=True, reason="Mine.", by=by, at=scene.at)
    assert row.decision == "pending"


def test_a_newer_answer_takes_the_place_of_one_that_waits(scene: Scene) -> None:
    by = a_contact(scene.product.partner).as_actor(has_mfa=True)
    mine, other = scene.finding, a_finding(product=scene.product)
    with boundary.acting(by, at=scene.at):
        kept, old, new = (
            answering.give(finding, status=status, detail="Looked at.", by=by, at=scene.at)
            for finding, status in (
                (other, "not_affected"),
                (mine, "not_affected"),
                (mine, "under_investigation"),
            )
        )
    for row in (kept, old, new):
        row.refresh_from_db()
    assert [one.decision for one in (kept, old, new)] == ["pending", "rejected", "accepted"]
    assert old.decision_reason == "The same author said something newer."


def test_no_document_no_claim(scene: Scene) -> None:
    for body in (b"", b"{}", b"x" * 100):
        with pytest.raises(UnreadableVex):
            take(scene, body)
    by = a_user().as_actor(has_mfa=True)
    with boundary.acting(by, at=scene.at), pytest.raises(NotAllowed):
        vex_documents.take(an_openvex(), product=scene.product, by=by, at=scene.at)
    assert not FindingEvent.objects.exclude(kind="opened").exists()


def test_a_product_can_be_meant_as_a_whole(scene: Scene) -> None:
    trusted(scene)
    taken = take(scene, a_cyclonedx_vex(ref="root"), days=2)
    assert taken.accepted == 1
    assert scene.finding.state == "mitigated"
    assert scene.finding.ended_at == scene.at + timedelta(days=2)
