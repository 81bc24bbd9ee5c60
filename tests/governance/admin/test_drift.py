"""Drift on the board: answers to findings, plans that another approves, uploaded snapshots."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from governance import boundary, duties
from governance.actions import drifting
from governance.domain import actor as actors
from governance.domain.drift import Observation, ObservedGrant, source_hash
from governance.models import (
    AccessRequest,
    DriftFinding,
    GovernedSystem,
    PrincipalAlias,
    RevocationPlan,
    Snapshot,
    SodRule,
)
from tests.builders import signin
from tests.builders.governance import a_member, a_system

pytestmark = pytest.mark.django_db
LIST = "/admin/governance/driftfinding/"
PAGE = "/admin/governance/governedsystem/{}/"


def a_finding(**over: object) -> DriftFinding:
    at = timezone.now() - timedelta(hours=1)
    fields = {
        "system": a_system(),
        "kind": "unapproved",
        "principal": "rogue",
        "entitlement": "select",
        "scope": "mes.badge",
        "severity": "high",
        "first_seen_at": at,
        "last_seen_at": at,
    }
    return DriftFinding.objects.create(**{**fields, **over})


@pytest.mark.parametrize(("role", "state"), [("board_member", "accepted"), ("auditor", "open")])
def test_accepting_is_for_those_who_may_and_has_a_reason(role: str, state: str) -> None:
    finding = a_finding()
    client = signin.proven(a_member(role))
    data = {"action": "accept", "_selected_action": [finding.pk]}
    client.post(LIST, {**data, "reason": ""})
    finding.refresh_from_db()
    assert finding.state == "open"
    client.post(LIST, {**data, "reason": "until the migration"})
    finding.refresh_from_db()
    assert finding.state == state


def test_adopting_files_a_request_and_a_plan_waits_for_another() -> None:
    adopted, revoked = a_finding(), a_finding(principal="eve")
    ana, ben = a_member("board_member"), a_member("board_member")
    client = signin.proven(ana)
    data = {"action": "adopt", "_selected_action": [adopted.pk], "reason": "shift reports"}
    client.post(LIST, data)
    assert AccessRequest.objects.get(drift=adopted).requester == ana
    data = {"action": "draft_revocation", "_selected_action": [revoked.pk], "reason": "drift"}
    client.post(LIST, data)
    plan = RevocationPlan.objects.get()
    assert plan.statements == 'REVOKE SELECT ON "mes"."badge" FROM "eve";'
    approve = {"action": "approve", "_selected_action": [plan.pk], "reason": "read it"}
    for user, done in ((ana, False), (ben, True)):
        signin.proven(user).post("/admin/governance/revocationplan/", approve)
        plan.refresh_from_db()
        assert (plan.approved_at is not None) is done


def test_accounts_and_rules_are_kept_on_the_board() -> None:
    system = a_system()
    client = signin.proven(a_member("board_member"))
    rule = {"slug": "x", "reason": "r", "left_entitlement": "a", "right_entitlement": "b"}
    client.post("/admin/governance/sodrule/add/", {**rule, "is_active": "on"})
    assert SodRule.objects.get().is_active
    owner = signin.proven(a_member("data_owner"))
    new = {"system": system.pk, "principal": "batch", "purpose": "night jobs"}
    owner.post("/admin/governance/principalalias/add/", new)
    assert PrincipalAlias.objects.get().principal == "batch"


@pytest.mark.parametrize(("role", "count"), [("board_member", 1), ("steward", 0)])
def test_a_snapshot_is_uploaded_by_those_who_may(role: str, count: int) -> None:
    system = a_system()
    client = signin.proven(a_member(role))
    page = f"/admin/governance/governedsystem/{system.pk}/"
    shown = client.get(f"{page}change/").content.decode()
    assert ("Compare with a snapshot file" in shown) is bool(count)
    assert ("has_mfa, granted_at, last_used" in shown) is bool(count)
    file = SimpleUploadedFile("erp.csv", b"principal,entitlement,scope\nana,read,gl\n")
    answer = client.post(f"{page}snapshot/", {"snapshot": file}, follow=True)
    assert Snapshot.objects.filter(system=system).count() == count
    assert ("1 rows taken: 1 findings opened" in answer.content.decode()) is bool(count)


def listed(client: Client, query: str = "") -> list[str]:
    """Return whom the list is about, in its order."""
    rows = client.get(LIST + query).context["cl"].result_list
    return [row.principal for row in rows]


def test_the_list_opens_on_what_is_not_closed_the_most_urgent_first() -> None:
    at = timezone.now()
    a_finding(principal="later", due_at=at + timedelta(days=2))
    a_finding(principal="gone", state="closed", closed_at=at, due_at=at - timedelta(days=9))
    a_finding(principal="soon", kind="sod", due_at=at - timedelta(days=1))
    client = signin.proven(a_member("auditor"))
    assert listed(client) == ["soon", "later"]
    assert listed(client, "?stands=closed") == ["gone"]
    assert listed(client, "?stands=all") == ["gone", "soon", "later"]
    assert listed(client, "?state__exact=closed") == ["gone"]
    text = client.get(LIST).content.decode()
    assert "what is not closed" in text
    assert "separation of duties" in text
    empty = client.get(f"{LIST}?principal=nobody").content.decode()
    assert "Create a new item" not in empty
    assert "Nothing fits the search and the filters" in empty


def test_the_list_leads_to_the_drift_of_each_system() -> None:
    at = timezone.now()
    plant, erp, calm = a_system(name="Plant"), a_system(name="ERP"), a_system(name="Calm")
    a_finding(system=plant, due_at=at + timedelta(days=1))
    a_finding(system=erp, due_at=at - timedelta(days=1))
    a_finding(system=erp, principal="eve", kind="sod")
    a_finding(system=calm, state="closed", closed_at=at)
    answer = signin.proven(a_member("auditor")).get(LIST)
    first, second = answer.context["drift"].systems
    assert (first.name, first.count, first.overdue) == ("ERP", 2, 1)
    assert first.kinds == ("1 separation of duties", "1 unapproved")
    assert (second.name, second.overdue) == ("Plant", 0)
    for system, is_there in ((plant, True), (erp, True), (calm, False)):
        assert (PAGE.format(system.pk) + "drift/" in answer.content.decode()) is is_there


@pytest.mark.parametrize(("role", "may"), [("board_member", True), ("auditor", False)])
def test_a_finding_says_what_it_means_and_offers_what_one_may_do(role: str, *, may: bool) -> None:
    finding = a_finding(identity="9" * 64)
    text = signin.proven(a_member(role)).get(f"{LIST}{finding.pk}/change/").content.decode()
    assert "The access is there, and nobody approved it." in text
    assert text.count("9" * 64) == 1
    for answer in ("accept", "adopt", "draft_revocation"):
        assert (f'value="{answer}"' in text) is may
        listed = signin.proven(a_member(role)).get(LIST).content.decode()
        assert (f'<option value="{answer}"' in listed) is may
    assert ("but not answer it" in text) is not may
    assert "Close</" not in text


def test_an_acceptance_lasts_to_the_end_of_a_day_of_ones_choice() -> None:
    finding = a_finding()
    client = signin.proven(a_member("board_member", name="Ana Ruiz"))
    page = f"{LIST}{finding.pk}/"
    data = {"answer": "accept", "reason": "the migration"}
    today = timezone.localdate()
    for bad in ("soon", f"{today + timedelta(days=181)}", f"{today - timedelta(days=1)}"):
        client.post(f"{page}answer/", {**data, "until": bad})
        finding.refresh_from_db()
        assert finding.state == "open", bad
    day = today + timedelta(days=45)
    client.post(f"{page}answer/", {**data, "until": f"{day}"})
    finding.refresh_from_db()
    assert finding.accepted_until is not None
    last_second = finding.accepted_until - timedelta(seconds=1)
    assert timezone.localdate(last_second) == day
    assert "Ana Ruiz accepted it until" in client.get(f"{page}change/").content.decode()
    assert client.post(f"{page}answer/", {"answer": "shrug"}).status_code == 400


def test_a_revocation_drafted_on_the_page_leads_to_its_plan() -> None:
    finding = a_finding()
    client = signin.proven(a_member("board_member"))
    data = {"answer": "draft_revocation", "reason": "nobody knows why"}
    done = client.post(f"{LIST}{finding.pk}/answer/", data)
    plan = RevocationPlan.objects.get()
    assert done.headers["Location"] == f"/admin/governance/revocationplan/{plan.pk}/change/"
    assert "Whoever" not in client.get(f"{LIST}{finding.pk}/change/").content.decode()


def test_only_those_who_may_answer_are_asked_to() -> None:
    at = timezone.now()
    a_finding(due_at=at)
    assert len(duties.drift_due(a_member("data_owner").as_actor(), at)) == 1
    assert duties.drift_due(a_member("auditor").as_actor(), at) == []


def looked(system: GovernedSystem, count: int, *, hours_ago: int, complete: bool = True) -> None:
    at, by = timezone.now() - timedelta(hours=hours_ago), actors.service("operator")
    rows = tuple(ObservedGrant(f"clerk{n}", "select", "gl.x", via="direct") for n in range(count))
    with boundary.acting(by, at=at):
        drifting.record(system, Observation(rows, complete, at, source_hash(rows)), by=by, at=at)


@pytest.mark.parametrize("complete", [True, False])
def test_the_page_of_a_system_says_why_its_snapshot_is_suspect(complete: bool) -> None:
    system = a_system()
    looked(system, 10, hours_ago=30)
    looked(system, 2 if complete else 9, hours_ago=1, complete=complete)
    shown = signin.proven(a_member("auditor")).get(f"{PAGE.format(system.pk)}drift/")
    text = shown.content.decode()
    said = "2 grants where 10 are usual" if complete else "had not read all: 9 grants"
    assert said in text
    assert "not release it" in text
    assert "10 grants compared" in text
    assert "kind__exact=unapproved&amp;state__in=" in text
    assert "30 hours" not in text


def test_a_stale_system_and_one_never_seen_say_so() -> None:
    never, stale = a_system(), a_system()
    looked(stale, 1, hours_ago=30)
    client = signin.proven(a_member("auditor"))
    assert "Never looked into" in client.get(f"{PAGE.format(never.pk)}drift/").content.decode()
    assert ">stale<" in client.get(f"{PAGE.format(stale.pk)}drift/").content.decode()


@pytest.mark.parametrize(
    ("role", "reason", "state"),
    [
        ("board_member", "they left", "compared"),
        ("board_member", " ", "suspect"),
        ("auditor", "they left", "suspect"),
    ],
)
def test_releasing_is_for_those_who_may_and_has_a_reason(
    role: str, reason: str, state: str
) -> None:
    system = a_system()
    looked(system, 10, hours_ago=2)
    looked(system, 2, hours_ago=1)
    newest = Snapshot.objects.filter(system=system).latest()
    client = signin.proven(a_member(role))
    page = f"{PAGE.format(system.pk)}snapshot/{newest.pk}/release/"
    shown = client.get(page)
    assert (shown.status_code == 200) is (role == "board_member")
    assert (b"did not show 8 grants" in shown.content) is (role == "board_member")
    client.post(page, {"reason": reason})
    newest.refresh_from_db()
    assert newest.state == state
    if state == "compared":
        assert client.get(page).status_code == 404


def test_what_was_reported_is_closed_on_its_own_page_with_what_came_of_it() -> None:
    at = timezone.now()
    finding = a_finding(kind="reported", via="INC-1: read at night", due_at=at + timedelta(days=1))
    ana, page = a_member("board_member"), f"{LIST}{finding.pk}/change/"
    client = signin.proven(ana)
    (duty,) = duties.reported(ana.as_actor(), at)
    assert (duty.url, duty.reason) == (page, "INC-1: read at night")
    assert duties.drift_due(ana.as_actor(), at) == []
    assert "INC-1: read at night" in client.get(page).content.decode()
    reader = signin.proven(a_member("auditor"))
    assert "but not close it" in reader.get(page).content.decode()
    assert duties.reported(a_member("auditor").as_actor(), at) == []
    reader.post(f"{LIST}{finding.pk}/answer/", {"answer": "close", "reason": "fine"})
    client.post(f"{LIST}{finding.pk}/answer/", {"answer": "close", "reason": " "})
    finding.refresh_from_db()
    assert finding.state == "open"
    done = client.post(
        f"{LIST}{finding.pk}/answer/", {"answer": "close", "reason": "the night shift"}
    )
    finding.refresh_from_db()
    assert (done.status_code, finding.state) == (302, "closed")
    assert "answer-reason" not in client.get(page).content.decode()
    assert (
        client.post(f"{LIST}99999999/answer/", {"answer": "close", "reason": "x"}).status_code
        == 404
    )
