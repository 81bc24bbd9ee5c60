"""A policy on the board: drafted, seen before it bites, approved by another, rolled back."""

import re

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from playwright.sync_api import Page, expect

from governance import access, boundary
from governance.actions import shadowing
from governance.domain import actor as actors
from governance.models import Job, PolicyVersion, User
from governance.permissions import Act
from governance.policy import shadow
from tests.builders import signin
from tests.builders.governance import NOW, a_member
from tests.builders.policy import LINE, RID, permitting
from tests.e2e.conftest import Visit
from tests.e2e.test_audit_board import sound

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
LIST = "/admin/governance/policyversion/"


def a_board_member(name: str) -> User:
    user = a_member("board_member", name=name, password=make_password(signin.PASSWORD))
    with transaction.atomic():
        signin.with_app(user)
    return user


def save(page: Page, *, act: str, rid: str = "") -> None:
    """Fill the form of a rule and save it."""
    if rid:
        page.get_by_label(re.compile("^Id")).fill(rid)
    page.get_by_label("Role", exact=True).fill(LINE.rule.sub)
    page.get_by_label("Type of record").fill(LINE.rule.rtype)
    page.get_by_label("Act", exact=True).fill(act)
    page.get_by_role("button", name="Save the rule").click()


def drain() -> None:
    by = actors.service("scheduler")
    with boundary.acting(by, at=NOW):
        shadowing.drain(by=by, at=NOW)


def test_a_policy_is_tried_approved_published_and_rolled_back(visit: Visit, second: Visit) -> None:
    auditor = a_member("auditor", name="Eva Soto").as_actor()
    ana, ben = visit.page, second.page

    def may() -> bool:
        return access.allows(auditor, Act.JOB_RETRY, Job(), at=NOW)

    visit.sign_in(a_board_member("Ana Ruiz"))
    second.sign_in(a_board_member("Ben Okafor"))
    visit.go(LIST)
    assert sound(visit, "policies") == []
    ana.set_viewport_size({"width": 1440, "height": 900})
    ana.get_by_label("What shall change, and why").fill("Auditors may restart a job")
    ana.get_by_role("button", name="Draft from the policy in force").click()
    version = PolicyVersion.objects.get(state="draft")
    page = f"{LIST}{version.pk}/change/"

    visit.go(f"{LIST}{version.pk}/rule/")
    assert sound(visit, "rule") == []
    ana.set_viewport_size({"width": 1440, "height": 900})
    save(ana, rid=RID, act="governance:job:burn")
    expect(ana.get_by_text("there is no act 'governance:job:burn'")).to_be_visible()
    ana.get_by_role("link", name=RID).click()
    save(ana, act=LINE.rule.act)
    expect(ana.get_by_text("there is no act")).to_have_count(0)
    expect(ana.get_by_text("expected deny, got permit")).to_be_visible()
    expect(ana.get_by_text("Eva Soto").first).to_be_visible()
    ana.get_by_label("Tests, YAML").fill(permitting(version.tests, LINE))
    ana.get_by_role("button", name="Save the tests").click()
    expect(ana.get_by_text("all answered as expected")).to_be_visible()

    ana.get_by_role("button", name="Try it beside the policy in force").click()
    drain()
    assert not may()
    drain()
    ana.reload()
    expect(ana.get_by_text("Would be permitted")).to_be_visible()
    assert sound(visit, "draft") == []
    ana.set_viewport_size({"width": 1440, "height": 900})
    ana.get_by_role("button", name="End the trial").click()
    drain()
    assert shadow.queue.percent == 0
    ana.get_by_role("button", name="Submit for review").click()
    expect(ana.get_by_text("It is yours: somebody else must decide")).to_be_visible()

    second.go(page)
    ben.get_by_label("Reason").fill("I read it")
    ben.get_by_role("button", name="Approve").click()
    assert not may()
    ben.get_by_role("button", name="Publish: put it in force now").click()
    expect(ben.get_by_text("In force").first).to_be_visible()
    assert may()

    second.go(f"{LIST}{version.parent_id}/change/")
    ben.get_by_label("Why back to it").fill("Auditors only look")
    ben.get_by_role("button", name="Roll back to this version").click()
    back = PolicyVersion.objects.get(restores=version.parent_id)
    visit.go(f"{LIST}{back.pk}/change/")
    ana.get_by_label("Reason").fill("Agreed")
    ana.get_by_role("button", name="Approve").click()
    ana.get_by_role("button", name="Publish: put it in force now").click()
    expect(ana.get_by_text("In force").first).to_be_visible()
    assert not may()

    visit.go(f"{LIST}explore/?who={auditor.ref}&act={LINE.rule.act}&what={a_job().ref}")
    expect(ana.get_by_role("heading", name="Refused")).to_be_visible()
    expect(ana.get_by_text("The role administrator everywhere would permit it.")).to_be_visible()
    assert sound(visit, "explorer") == []


def a_job() -> Job:
    return Job.objects.create(kind="k", key="k", actor="a", due_at=NOW)
