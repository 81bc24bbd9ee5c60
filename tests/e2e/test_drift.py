"""Drift on the board: found, accepted for a time, revoked, and closed by the next look."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from governance import boundary
from governance.actions import drifting, granting, revoking
from governance.domain import actor as actors
from governance.domain.drift import Observation, ObservedGrant, source_hash
from governance.models import DriftFinding, GovernedSystem, RevocationPlan, Snapshot, User
from tests.builders import signin
from tests.builders.governance import a_member, a_site, a_system
from tests.e2e.conftest import Visit
from tests.e2e.test_audit_board import sound

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
LIST = "/admin/governance/driftfinding/"
CLERKS = [(f"clerk{n}", "select", "gl.journal") for n in range(10)]
ROGUES = [("rogue", "select", "gl.journal"), ("payer", "delete", "gl.payments")]


def looked(system: GovernedSystem, grants: list[tuple[str, str, str]], *, ago: timedelta) -> None:
    """Let the system have shown ``grants`` that long ago."""
    at = timezone.now() - ago
    rows = tuple(ObservedGrant(*grant, via="direct") for grant in grants)
    by = actors.service("operator")
    with boundary.acting(by, at=at), transaction.atomic():
        drifting.record(system, Observation(rows, True, at, source_hash(rows)), by=by, at=at)


def approved(system: GovernedSystem, *, ago: timedelta) -> None:
    at, by = timezone.now() - ago, actors.service("operator")
    with boundary.acting(by, at=at), transaction.atomic():
        for principal, entitlement, scope in CLERKS:
            granting.give(
                system=system,
                principal=principal,
                entitlement=entitlement,
                scope=scope,
                valid_to=at + timedelta(days=60),
                reason="shift reports",
                by=by,
                at=at,
            )


@pytest.fixture
def ana(visit: Visit) -> User:
    user = a_member("board_member", name="Ana Ruiz", password=make_password(signin.PASSWORD))
    with transaction.atomic():
        signin.with_app(user)
    visit.sign_in(user)
    return user


def chosen(visit: Visit, principal: str, action: str, reason: str) -> None:
    """Do ``action`` to the finding about ``principal`` in the list."""
    page = visit.page
    visit.go(f"{LIST}?principal={principal}")
    page.locator("input.action-select").first.check()
    page.get_by_role("combobox", name="Action").select_option(label=action)
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Run").click()
    page.wait_for_load_state()


def test_found_accepted_revoked_and_closed_by_the_next_look(visit: Visit, ana: User) -> None:
    system = a_system(name="MES Monterrey", site=a_site(name="Monterrey"))
    approved(system, ago=timedelta(days=20))
    looked(system, CLERKS, ago=timedelta(days=19))
    looked(system, [*CLERKS, ROGUES[0]], ago=timedelta(days=6))
    looked(system, [*CLERKS[:9], *ROGUES], ago=timedelta(hours=2))
    page = visit.page

    visit.go(f"/admin/governance/governedsystem/{system.pk}/drift/")
    assert sound(visit, "drift") == []
    expect(page.get_by_text("every 12 hours")).to_be_visible()
    expect(page.get_by_text("fresh", exact=True)).to_be_visible()
    page.get_by_role("link", name="unapproved").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(2)

    chosen(visit, "rogue", "Accept until a day", "until the migration")
    chosen(visit, "payer", "Draft the SQL that revokes them", "nobody knows why")
    plan = RevocationPlan.objects.get()
    assert plan.statements == 'REVOKE DELETE ON "gl"."payments" FROM "payer";'
    states = dict(DriftFinding.objects.values_list("principal", "state"))
    assert states == {"rogue": "accepted", "payer": "revoke_requested", "clerk9": "open"}

    luis = a_member("board_member", name="Luis Garza").as_actor()
    with boundary.acting(luis, at=timezone.now()), transaction.atomic():
        revoking.approve(plan, by=luis, at=timezone.now())
    looked(system, [*CLERKS, ROGUES[0]], ago=timedelta(0))
    visit.go(f"{LIST}?principal=payer&stands=all")
    expect(page.locator("#result_list").get_by_text("Verified closed")).to_be_visible()
    visit.go(f"/admin/governance/governedsystem/{system.pk}/drift/")
    expect(page.get_by_role("row").filter(has_text="unapproved")).to_contain_text("1")
    expect(page.get_by_text("missing", exact=True)).to_have_count(0)


def test_a_suspect_snapshot_is_released_after_a_second_look(visit: Visit, ana: User) -> None:
    system = a_system(name="ERP Leipzig")
    looked(system, CLERKS, ago=timedelta(days=1))
    looked(system, CLERKS[:3], ago=timedelta(hours=1))
    page = visit.page
    visit.go(f"/admin/governance/governedsystem/{system.pk}/drift/")
    expect(page.get_by_role("heading", name="The newest snapshot is not believed")).to_be_visible()
    assert sound(visit, "suspect") == []
    page.get_by_role("link", name="Look at what is gone, and release it").click()
    expect(page.get_by_text("did not show 7 grants")).to_be_visible()
    assert sound(visit, "release") == []
    page.get_by_label("How do you know").fill("the contractor left, I removed them")
    page.get_by_role("button", name="Release the snapshot").click()
    expect(page.get_by_text("Released: 0 findings opened, 8 closed.")).to_be_visible()
    assert Snapshot.objects.filter(system=system).latest().state == "compared"
