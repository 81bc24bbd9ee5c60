"""The board's pages of the policy: what they show, and that each button is a gate."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from governance.actions import shadowing
from governance.domain import actor as actors
from governance.models import Job, PolicyVersion, User
from governance.policy import content as files
from governance.policy import shadow
from governance.queries import contents
from tests.builders import signin
from tests.builders.governance import NOW, a_member, a_system
from tests.builders.policy import (
    A_JOB,
    ACT,
    LINE,
    RID,
    a_board_member,
    a_draft,
    approved,
    lay_condition,
    rolled_back,
    submitted,
)

pytestmark = pytest.mark.django_db


def page(version: PolicyVersion) -> str:
    return reverse("admin:governance_policyversion_change", args=[version.pk])


def step(name: str, version: PolicyVersion) -> str:
    return reverse(f"admin:policy_{name}", args=[version.pk])


def test_each_page_opens_for_a_reader_without_a_button() -> None:
    version = submitted(a_board_member())
    reader = signin.proven(a_member("auditor"))
    for address in (
        "/admin/governance/policyversion/",
        page(version),
        f"{page(version)}?q=auditor&mutate=1",
        reverse("admin:policy_rule", args=[version.pk]),
        reverse("admin:decision_explorer"),
    ):
        answer = reader.get(address)
        text = answer.content.decode()
        assert answer.status_code == 200, address
        assert "Approve" not in text
        assert "Save the rule" not in text
    assert RID in reader.get(page(version)).content.decode()
    assert signin.proven(a_member("steward")).get(page(version)).status_code == 404


def test_a_draft_grows_in_forms_and_is_submitted() -> None:
    user = a_member("board_member")
    client = signin.proven(user)
    client.post(reverse("admin:policy_draft"), {"reason": "auditors may restart a job"})
    version = PolicyVersion.objects.get(author=user.as_actor().ref)
    cells = {**LINE.cells(), "is_overridable": ""}
    form = reverse("admin:policy_rule", args=[version.pk])
    assert "is empty" in client.post(form, {**cells, "act": ""}).content.decode()
    assert client.post(form, cells).status_code == 302
    assert contents.content(version).lines[-1] == LINE
    assert "Not ready for review" in client.get(page(version)).content.decode()
    client.post(step("submit", version))
    version.refresh_from_db()
    assert version.state == "draft"
    client.post(f"{form}?rid={RID}", {"drop": "yes"})
    version.refresh_from_db()
    assert contents.content(version).sha256 == version.content_sha256


def test_what_is_approved_is_what_was_read_with_a_fresh_second_factor() -> None:
    version = submitted(a_board_member())
    user: User = a_member("board_member", name="Ben")
    data = {"reason": "read it", "sha256": version.content_sha256}
    stale = signin.proven(user, seconds_ago=3000)
    answer = stale.post(step("approve", version), data)
    assert "/accounts/2fa/reauthenticate/" in answer["Location"]
    client = signin.proven(user)
    client.post(step("approve", version), {**data, "sha256": "0" * 64})
    version.refresh_from_db()
    assert version.state == "in_review"
    client.post(step("approve", version), data)
    assert "Publish" in client.get(page(version)).content.decode()
    client.post(step("publish", version))
    version.refresh_from_db()
    assert (version.state, version.decided_by) == ("published", user.as_actor().ref)


def test_a_rollback_says_until_when_it_is_reviewed_and_by_whom_it_was() -> None:
    by, user = a_board_member("Ana"), a_member("board_member", name="Ben Okafor")
    long_ago = timezone.now() - timedelta(hours=25)
    version = rolled_back(by, user.as_actor(has_mfa=True), at=long_ago)
    client = signin.proven(user)
    text = client.get(page(version)).content.decode()
    assert "Overdue" in text
    assert "Close the review" in text
    assert "overdue since" in client.get("/admin/").content.decode()
    client.post(step("review", version), {"reason": "nobody lost what they need"})
    text = client.get(page(version)).content.decode()
    assert "Ben Okafor: nobody lost what they need" in text
    assert ", late" in text
    assert "Close the review" not in text


@pytest.mark.parametrize("name", ["approve", "publish", "withdraw", "shadow", "rebase"])
def test_a_button_pressed_without_leave_does_nothing(name: str) -> None:
    version = approved(a_board_member("Ana"), a_board_member("Ben"))
    client = signin.proven(a_member("auditor"))
    client.post(step(name, version), {"reason": "r", "percent": "50", "sha256": "x"})
    assert client.get(step(name, version)).status_code == 405
    version.refresh_from_db()
    assert version.state == "approved"
    assert not version.shadows.exists()


def test_the_page_shows_the_trial() -> None:
    ana = a_board_member()
    version = a_draft(ana, LINE)
    auditor = signin.proven(a_member("auditor", name="Eva Soto"))
    client = signin.proven(a_member("board_member"))
    client.post(step("shadow", version), {"percent": "100"})
    shadowing.drain(by=actors.service("scheduler"), at=NOW)
    auditor.post("/admin/governance/job/", {"action": "retry", "reason": "x"})
    auditor.get("/admin/")
    shadowing.drain(by=actors.service("scheduler"), at=NOW)
    text = client.get(page(version)).content.decode()
    assert "decisions were asked again" in text
    client.post(step("end_shadow", version))
    assert version.shadows.get().ended_at is not None
    shadowing.drain(by=actors.service("scheduler"), at=NOW)
    assert shadow.queue.percent == 0


def test_the_explorer_says_why_and_what_would_permit_it() -> None:
    client = signin.proven(a_member("board_member"))
    user, system = a_member("steward", email="eve@example.org"), a_system()
    ask = {"who": "eve@example.org", "act": "governance:system:change", "what": system.ref}
    text = client.get(reverse("admin:decision_explorer"), ask).content.decode()
    assert "Refused" in text
    assert f"The role administrator at {system.site.domain} would permit it." in text
    text = client.get(
        reverse("admin:decision_explorer"), {**ask, "act": "governance:system:read"}
    ).content.decode()
    assert "steward/governance:system:read" in text
    assert "Data steward at Enterprise" in text
    text = client.get(
        reverse("admin:decision_explorer"), {**ask, "at": "2020-01-01"}
    ).content.decode()
    assert "no policy is published" in text
    text = client.get(reverse("admin:decision_explorer"), {**ask, "at": "x"}).content.decode()
    assert "no instant" in text
    assert user.name


def test_the_explorer_says_what_a_condition_raised() -> None:
    lay_condition("r.sub.shift == 'late'")
    a_member("auditor", email="eve@example.org")
    ask = {"who": "eve@example.org", "act": ACT, "what": Job.objects.create(**A_JOB).ref}
    client = signin.proven(a_member("board_member"))
    text = client.get(reverse("admin:decision_explorer"), ask).content.decode()
    assert "error:attribute_missing" in text
    assert '<dt>What a condition raised</dt><dd class="code">shift</dd>' in text


def test_an_export_is_read_again_as_it_was() -> None:
    version = submitted(a_board_member())
    client = signin.proven(a_member("auditor"))
    whole = client.get(reverse("admin:policy_export", args=[version.pk, "json"])).content.decode()
    assert files.read(whole, model_conf="") == contents.content(version)
    rows = client.get(reverse("admin:policy_export", args=[version.pk, "csv"])).content.decode()
    assert files.read(rows, model_conf="").lines == contents.content(version).lines
