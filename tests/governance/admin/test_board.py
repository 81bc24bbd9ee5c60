"""The board gives nothing away and starts nothing that the policy refuses."""

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.models import AuditEvent, Job
from tests.builders import signin
from tests.builders.governance import a_member, a_system

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/admin/governance/user/?password__startswith=pbkdf2",
        "/admin/governance/accessrequest/?requester__password__startswith=pbkdf2",
    ],
)
def test_a_list_does_not_answer_to_the_prefix_of_a_secret(address: str) -> None:
    client = signin.proven(a_member("auditor"))
    answer = client.get(address)
    assert answer.status_code in (302, 400, 403)
    assert "pbkdf2" not in answer.content.decode()


def test_passwords_do_not_change_past_the_fresh_proof() -> None:
    user = a_member("administrator", password=make_password(signin.PASSWORD))
    client = signin.proven(user, seconds_ago=3000)
    new = {"old_password": signin.PASSWORD, "new_password1": "n" * 20, "new_password2": "n" * 20}
    assert client.post("/admin/password_change/", new).status_code == 404
    user.refresh_from_db()
    assert user.check_password(signin.PASSWORD)


@pytest.mark.parametrize(("role", "jobs"), [("auditor", 0), ("administrator", 1)])
def test_comparing_a_system_is_for_those_who_may(role: str, jobs: int) -> None:
    system = a_system()
    client = signin.proven(a_member(role))
    data = {"action": "compare", "_selected_action": [system.pk], "reason": "a look"}
    client.post("/admin/governance/governedsystem/", data)
    assert Job.objects.filter(kind="drift_detect").count() == jobs
    denied = AuditEvent.objects.filter(outcome="denied", act="governance:drift:detect").count()
    assert denied == 1 - jobs


def test_a_page_of_the_board_looks_once_which_policy_is_in_force() -> None:
    """The menu asks some seventy times what this person may open; the frame says the version."""
    a_system()
    client = signin.proven(a_member("administrator"))
    client.get("/admin/governance/governedsystem/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/admin/governance/governedsystem/").status_code == 200
    assert len([one for one in queries if "governance_policyhead" in one["sql"]]) <= 2
    assert len(queries) <= 15
