"""A revocation plan on its own page: who may do what next, by name, and how a run failed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance import boundary
from governance.actions import revoking
from governance.models import DriftFinding, RevocationPlan, User
from tests.builders import signin
from tests.builders.governance import a_member, a_system

pytestmark = pytest.mark.django_db
LIST = "/admin/governance/revocationplan/"
AWAY = "postgresql://reader@127.0.0.1:1/plant"
APPROVE, RUN = "Approve the SQL as it stands</button>", 'value="run"'


def a_plan(drafter: User) -> RevocationPlan:
    at = timezone.now() - timedelta(hours=1)
    finding = DriftFinding.objects.create(
        system=a_system(dsn=AWAY),
        kind="unapproved",
        principal="rogue",
        entitlement="select",
        scope="mes.badge",
        severity="high",
        first_seen_at=at,
        last_seen_at=at,
    )
    by = drafter.as_actor()
    with boundary.acting(by, at=at):
        return revoking.draft([finding], reason="nobody knows why", by=by, at=at)


def shown(user: User, plan: RevocationPlan) -> str:
    return signin.proven(user).get(f"{LIST}{plan.pk}/change/").content.decode()


def test_a_plan_is_approved_and_run_on_its_page_by_those_who_may() -> None:
    ana, ben = a_member("board_member", name="Ana Ruiz"), a_member("data_owner", name="Ben Ode")
    auditor = a_member("auditor")
    plan = a_plan(ana)
    step = f"{LIST}{plan.pk}/step/"
    assert "You drafted it" in shown(ana, plan)
    assert "Ana Ruiz" in shown(auditor, plan)
    assert ana.as_actor().ref not in shown(auditor, plan)
    for user in (ana, auditor):
        assert APPROVE not in shown(user, plan)
        signin.proven(user).post(step, {"step": "approve"})
        plan.refresh_from_db()
        assert plan.approved_at is None
    assert APPROVE in shown(ben, plan)
    signin.proven(ben).post(step, {"step": "approve"})
    assert RUN in shown(ana, plan)
    assert "Ben Ode" in shown(ana, plan)
    assert RUN not in shown(auditor, plan)
    said = signin.proven(ana).post(step, {"step": "run"}, follow=True).content.decode()
    assert "nothing listens there" in said
    plan.refresh_from_db()
    assert plan.applied_at is None
    assert "did not do it" in shown(ben, plan)
    assert "Run it again" in shown(ben, plan)
    assert signin.proven(ana).post(step, {"step": "drop"}).status_code == 400
    assert signin.proven(ana).post(f"{LIST}99999999/step/").status_code == 404


@pytest.mark.parametrize(("role", "offered"), [("board_member", True), ("auditor", False)])
def test_the_list_offers_no_step_that_one_may_not_take(role: str, *, offered: bool) -> None:
    a_plan(a_member("data_owner"))
    text = signin.proven(a_member(role)).get(LIST).content.decode()
    assert ("Run the approved SQL" in text) is offered
