"""What one person can reach, by which way, and when they last used it."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.permissions import Act as CatalogAct
from governance import access, boundary
from governance.models import GovernedSystem, ObservedGrant, PrincipalAlias, Site, User
from governance.queries import holdings
from tests.builders import signin
from tests.builders.governance import a_member, a_site, a_system, a_user, holds, the_enterprise
from tests.governance.actions.test_requesting import a_table, approved, asked
from tests.governance.queries.test_observed_access import a_finding, a_look, seen

pytestmark = pytest.mark.django_db


def a_veteran(site: Site | None) -> User:
    """Return a steward since long ago: the pages live in the present."""
    user = a_user()
    holds(user, "steward", site=site, valid_from=timezone.now() - timedelta(days=100))
    return user


def test_roles_and_grants_are_told_with_why_since_when_and_last_use(at: datetime) -> None:
    asset = a_table()
    reader = a_member("soc_analyst", site=a_site())
    row = asked(
        at, asset, requester=a_member("steward", site=asset.site), grantee=reader,
        resource=asset.ref, act=str(CatalogAct.ASSET_READ), entitlement="read", days=1,
    )  # fmt: skip
    assert asset.owner is not None
    grant = approved(row, asset.owner, at)
    assert grant is not None
    ObservedGrant.objects.create(
        system=asset.system, principal="plant_ana", entitlement="read", scope="mes.badge",
        via="member of plant_readers",
    )  # fmt: skip
    auditor = a_member("auditor").as_actor()
    role, given = holdings.of(reader, to=auditor, at=at).lines
    assert (role.path, role.used_at, role.is_usage_known) == ("role", None, True)
    assert given.what == "catalog:asset:read on mes.badge"
    assert (given.why, given.until) == ("scrap analysis", at + timedelta(days=1))
    assert given.path == "grant, login plant_ana, in the system by member of plant_readers"
    assert given.used_at is not None, "approval asked the policy once, which the log holds"
    later = at + timedelta(hours=1)
    with boundary.acting(reader.as_actor(), at=later):
        access.ask(reader.as_actor(), str(CatalogAct.ASSET_READ), asset, at=later)
    assert holdings.of(reader, to=auditor, at=later).lines[1].used_at == later
    role, left = holdings.of(reader, to=auditor, at=grant.valid_to).lines
    assert role.path == "role"
    assert (left.verdict, left.url) == ("observed", ""), "ended, and still there"


def test_a_reader_of_another_site_sees_neither_role_nor_grant(at: datetime) -> None:
    asset = a_table()
    reader = a_member("soc_analyst", site=asset.site)
    elsewhere = a_member("auditor", site=a_site()).as_actor()
    assert holdings.of(reader, to=elsewhere, at=at).lines == ()


def owned(system: GovernedSystem, principal: str, user: User) -> None:
    PrincipalAlias.objects.create(system=system, principal=principal, user=user)


def test_what_their_accounts_may_do_is_told_with_its_verdict(at: datetime) -> None:
    asset = a_table()
    system, other = asset.system, a_system()
    a_look(system, at)
    rosa = a_member("steward", site=system.site)
    owned(system, "plant_ana", rosa)
    owned(other, "rosa", rosa)
    owned(other, "stranger", a_user())
    assert asset.owner is not None
    assert approved(asked(at, asset, requester=rosa), asset.owner, at) is not None
    gone = asked(at, asset, requester=rosa, entitlement="insert")
    assert approved(gone, asset.owner, at) is not None
    used = at - timedelta(days=3)
    seen(system, "plant_ana", via="member of readers", usage_known=True, last_used=used)
    seen(other, "rosa", "delete", scope="erp.orders")
    finding = a_finding(other, at, "rosa", entitlement="delete", scope="erp.orders")
    seen(other, "stranger", "delete", scope="erp.salaries")
    assert rosa.email is not None
    seen(a_system(), rosa.email, "read", scope="hr.people")
    seen(system, "somebody_else", "delete")
    _, drift, missing, by_mail, there = holdings.of(
        rosa, to=a_member("auditor").as_actor(), at=at
    ).lines
    assert (drift.what, drift.where, drift.verdict) == (
        "delete on erp.orders", str(other), "drift",
    )  # fmt: skip
    assert drift.finding == "unapproved"
    assert drift.finding_url.endswith(f"/{finding.pk}/change/")
    assert (missing.what, missing.verdict) == ("insert on mes.badge", "missing")
    assert (by_mail.what, by_mail.verdict) == ("read on hr.people", "observed")
    assert (there.what, there.verdict, there.used_at) == ("select on mes.badge", "approved", used)
    assert there.path == "grant, login plant_ana, in the system by member of readers"


def test_a_faulty_look_shows_nothing_missing(at: datetime) -> None:
    asset = a_table()
    rosa = a_member("steward", site=asset.site)
    assert asset.owner is not None
    assert approved(asked(at, asset, requester=rosa), asset.owner, at) is not None
    a_look(asset.system, at, state="faulty", fault="no answer")
    auditor = a_member("auditor").as_actor()
    assert holdings.of(rosa, to=auditor, at=at).lines[1].verdict == "unseen"
    a_look(asset.system, at)
    assert holdings.of(rosa, to=auditor, at=at).lines[1].verdict == "missing"


def test_of_an_account_of_somebody_else_only_what_was_given_to_them_is_theirs(
    at: datetime,
) -> None:
    asset = a_table()
    a_look(asset.system, at)
    rosa = a_member("steward", site=asset.site)
    owned(asset.system, "plant_ana", a_user())
    assert asset.owner is not None
    assert approved(asked(at, asset, requester=rosa), asset.owner, at) is not None
    seen(asset.system, "plant_ana")
    seen(asset.system, "plant_ana", "delete")
    _, only = holdings.of(rosa, to=a_member("auditor").as_actor(), at=at).lines
    assert (only.what, only.verdict) == ("select on mes.badge", "approved")


@pytest.mark.parametrize("rows", [1, 3])
def test_more_rows_take_no_more_queries(
    at: datetime, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asset = a_table()
    a_look(asset.system, at)
    rosa = a_member("steward", site=asset.site)
    assert asset.owner is not None
    for number in range(rows):
        login = f"login_{number}"
        owned(asset.system, login, rosa)
        assert approved(asked(at, asset, requester=rosa, principal=login), asset.owner, at)
        seen(asset.system, login)
        seen(asset.system, login, "delete")
        a_finding(asset.system, at, login, entitlement="delete")
    auditor = a_member("auditor").as_actor()
    holdings.of(rosa, to=auditor, at=at)  # the policy is read once
    with django_assert_num_queries(21):
        found = holdings.of(rosa, to=auditor, at=at)
    assert len(found.lines) == 1 + 2 * rows


def test_the_page_of_a_person_lists_it_and_refuses_who_may_not_read_people() -> None:
    reader = a_member("soc_analyst", site=the_enterprise(), name="Rosa Reader")
    system = a_system()
    owned(system, "rosa", reader)
    seen(system, "rosa")
    a_finding(system, timezone.now(), "rosa", kind="orphan")
    url = f"/admin/governance/user/{reader.pk}/access/"
    shown = signin.proven(a_member("auditor")).get(url, follow=True)
    text = shown.content.decode()
    assert "Everything that Rosa Reader can reach" in text
    assert "SOC analyst" in text
    assert "no use logged" in text
    assert "unapproved" in text
    assert "orphan" in text
    assert signin.proven(a_member("steward")).get(url, follow=True).status_code in (403, 404)


def test_what_is_only_approved_stands_apart_from_what_is_there(at: datetime) -> None:
    asset = a_table()
    a_look(asset.system, at)
    rosa = a_member("steward", site=asset.site, name="Rosa Reader")
    assert asset.owner is not None
    for login in ("plant_rosa", "plant_new"):
        assert approved(asked(at, asset, requester=rosa, principal=login), asset.owner, at)
    seen(asset.system, "plant_rosa")
    held = holdings.of(rosa, to=a_member("auditor").as_actor(), at=at)
    assert [one.verdict for one in held.there] == ["", "approved"]
    assert [one.verdict for one in held.only_approved] == ["missing"]
    act = {"resource": asset.ref, "act": "catalog:asset:read", "entitlement": "read"}
    assert approved(asked(at, asset, requester=rosa, **act), asset.owner, at)
    held = holdings.of(rosa, to=a_member("auditor").as_actor(), at=at)
    assert len(held.only_approved) == 1, "what the policy decides holds at once"
    url = f"/admin/governance/user/{rosa.pk}/access/"
    text = signin.proven(a_member("auditor")).get(url, follow=True).content.decode()
    there, _, apart = text.partition("<h2>Approved, not there</h2>")
    assert "plant_rosa" in there
    assert "plant_new" not in there
    assert "plant_new" in apart


def test_the_figures_by_site_owner_and_class_lead_to_their_records(at: datetime) -> None:
    asset = a_table()
    asked(timezone.now() - timedelta(days=2), asset, requester=a_veteran(asset.site))
    client = signin.proven(a_member("board_member"))
    page = client.get("/admin/governance/accessrequest/clock/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "Ana Owner" in text
    groups = [one for _, found in page.context["cuts"] for one in found]
    assert {one["name"] for one in groups} >= {"Ana Owner", "confidential"}
    for one in groups:
        address = f"/admin/governance/accessrequest/?{urlsplit(one['url']).query}"
        listed = client.get(address)
        assert listed.status_code == 200, address
        assert listed.context["cl"].result_count == one["attainment"].due
    stranger = signin.proven(a_member("site_operator"))
    assert stranger.get("/admin/governance/accessrequest/clock/").status_code == 403
