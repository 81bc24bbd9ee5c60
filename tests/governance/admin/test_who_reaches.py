"""The board's page of one record: who reaches it, and by which path."""

import pytest
from django.utils import timezone

from governance.models import AuditEvent, ObservedGrant
from tests.builders import signin
from tests.builders.governance import a_member, a_site
from tests.governance.actions.test_requesting import a_table
from tests.governance.queries.test_observed_access import a_finding, a_look

pytestmark = pytest.mark.django_db
URL = "/admin/governance/grant/who/"


def test_policy_and_practice_stand_on_one_page() -> None:
    asset = a_table()
    now = timezone.now()
    a_look(asset.system, now)
    ObservedGrant.objects.create(
        system=asset.system, principal="plant_root", entitlement="select", scope="mes.badge",
        via="member of plant_admins", first_via="direct",
    )  # fmt: skip
    a_finding(asset.system, now, "plant_root")
    answer = signin.proven(a_member("auditor")).get(URL, {"record": asset.ref})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Ana Owner" in text
    assert "role Data owner at" in text
    assert "member of plant_admins" in text
    assert "unapproved" in text
    assert "Confidential data, owned by Ana Owner" in text
    assert answer.context["act"] == "catalog:data:read"


def test_another_act_is_asked_about_and_an_unknown_one_refused() -> None:
    asset = a_table()
    client = signin.proven(a_member("auditor"))
    shown = client.get(URL, {"record": asset.ref, "act": "catalog:asset:assign"})
    assert 'aria-current="page">catalog:asset:assign' in shown.content.decode()
    assert client.get(URL, {"record": asset.ref, "act": "catalog:asset:fly"}).status_code == 400


@pytest.mark.parametrize(
    "record", ["", "catalog.asset:0", "catalog.asset:x", "governance.user:1", "\x00", "a" * 500]
)
def test_what_lies_in_no_system_has_no_page(record: str) -> None:
    client = signin.proven(a_member("auditor"))
    assert client.get(URL, {"record": record}).status_code == 404


def test_a_stranger_cannot_tell_a_record_from_none() -> None:
    asset = a_table()
    stranger = signin.proven(a_member("auditor", site=a_site()))
    there = stranger.get(URL, {"record": asset.ref})
    none = stranger.get(URL, {"record": "catalog.asset:999999"})
    assert (there.status_code, none.status_code) == (404, 404)
    operator = signin.proven(a_member("site_operator", site=asset.site))
    assert operator.get(URL, {"record": asset.ref}).status_code == 404
    assert not AuditEvent.objects.filter(act="governance:grant:read", outcome="ok").exists()


def test_a_record_on_which_nothing_is_granted_says_so() -> None:
    column = a_table(kind="column", fqn="plant.mes.badge.number")
    text = signin.proven(a_member("auditor")).get(URL, {"record": column.ref}).content.decode()
    assert "Nothing is granted on it by itself" in text
    table = a_table()
    text = signin.proven(a_member("auditor")).get(URL, {"record": table.ref}).content.decode()
    assert "No data yet" in text


def test_the_page_of_an_asset_leads_here_whoever_may_read_grants() -> None:
    asset = a_table()
    link = f"{URL}?record={asset.ref}"
    auditor = signin.proven(a_member("auditor"))
    assert link in auditor.get(f"/catalog/{asset.pk}/").content.decode()
    analyst = signin.proven(a_member("soc_analyst"))
    assert link not in analyst.get(f"/catalog/{asset.pk}/").content.decode()
