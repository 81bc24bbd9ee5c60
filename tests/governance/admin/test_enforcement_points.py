"""Enforcement points on the board: made with a fresh second factor, shown once, revoked."""

import re
from typing import Any

import pytest
from django.test import Client

from governance import boundary
from governance.actions import enforcement_points
from governance.domain import callers
from governance.errors import NotAllowed
from governance.models import EnforcementPoint, Entity
from tests.builders import signin
from tests.builders.access import a_caller, a_directory, a_resource
from tests.builders.governance import NOW, a_member

pytestmark = pytest.mark.django_db
ADD = "/admin/governance/enforcementpoint/add/"
FORM = {
    "slug": "tower",
    "name": "Tower",
    "scopes": ["evaluate", "search"],
    "types": "door, route",
    "assertable": "subject.team resource.*",
    "rate": "60",
}


def test_a_new_key_is_shown_once() -> None:
    client = signin.proven(a_member("administrator"))
    assert client.get(ADD).status_code == 200
    page = client.post(ADD, FORM, follow=True).content.decode()
    key = re.search(r"wrk_[\w-]{43}", page)
    row = EnforcementPoint.objects.get(slug="tower")
    assert key is not None
    assert row.digest == callers.digest(key.group())
    assert (row.types, row.assertable, row.rate) == (
        ["door", "route"],
        ["resource.*", "subject.team"],
        60,
    )
    again = client.get("/admin/governance/enforcementpoint/").content.decode()
    assert "Tower" in again
    assert "wrk_" not in again
    page = client.get(f"/admin/governance/enforcementpoint/{row.pk}/change/").content.decode()
    assert row.digest not in page


def test_making_a_key_needs_a_fresh_second_factor() -> None:
    client = signin.proven(a_member("administrator"), seconds_ago=3000)
    for answer in (client.get(ADD), client.post(ADD, FORM)):
        assert answer.status_code == 302
        assert "/accounts/2fa/" in answer["Location"]
    assert not EnforcementPoint.objects.exists()


def refusing(answer: Any) -> bool:
    return answer.status_code == 403 or not EnforcementPoint.objects.filter(slug="tower").exists()


@pytest.mark.parametrize("role", ["auditor", "board_member", "steward"])
def test_who_may_not_make_a_key_does_not(role: str) -> None:
    assert refusing(signin.proven(a_member(role)).post(ADD, FORM))
    assert refusing(Client().post(ADD, FORM))


def test_the_action_itself_asks_people_for_a_second_factor() -> None:
    point, _ = a_caller()
    by = a_member("administrator").as_actor()
    with boundary.acting(by, at=NOW), pytest.raises(NotAllowed, match="second factor"):
        enforcement_points.revoke(point, by=by, at=NOW, reason="x")
    point.refresh_from_db()
    assert point.revoked_at is None


def test_keys_are_revoked_and_entities_forgotten_with_a_reason() -> None:
    point, _ = a_caller()
    a_directory(a_resource("door", "lab"))
    row = Entity.objects.get(key="lab")
    client = signin.proven(a_member("administrator"))
    for place, name, pk in (
        ("enforcementpoint", "revoke", point.pk),
        ("entity", "take_out", row.pk),
    ):
        data = {"action": name, "_selected_action": [pk], "reason": "moved"}
        client.post(f"/admin/governance/{place}/", data)
    point.refresh_from_db()
    assert point.reason == "moved"
    assert not Entity.objects.filter(pk=row.pk).exists()
