"""What one person can reach, by which way, and when they last used it."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from catalog.permissions import Act as CatalogAct
from governance import access, boundary
from governance.models import ObservedGrant, Site, User
from governance.queries import holdings
from tests.builders import signin
from tests.builders.governance import a_member, a_site, a_user, holds, the_enterprise
from tests.governance.actions.test_requesting import a_table, approved, asked

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
    role, given = holdings.of(reader, to=auditor, at=at)
    assert (role.path, role.used_at, role.is_usage_known) == ("role", None, True)
    assert given.what == "catalog:asset:read on mes.badge"
    assert (given.why, given.until) == ("scrap analysis", at + timedelta(days=1))
    assert given.path == "grant, login plant_ana, in the system by member of plant_readers"
    assert given.used_at is not None, "approval asked the policy once, which the log holds"
    later = at + timedelta(hours=1)
    with boundary.acting(reader.as_actor(), at=later):
        access.ask(reader.as_actor(), str(CatalogAct.ASSET_READ), asset, at=later)
    assert holdings.of(reader, to=auditor, at=later)[1].used_at == later
    (only,) = holdings.of(reader, to=auditor, at=grant.valid_to)
    assert only.path == "role", "what has ended is reached no more"


def test_a_reader_of_another_site_sees_neither_role_nor_grant(at: datetime) -> None:
    asset = a_table()
    reader = a_member("soc_analyst", site=asset.site)
    elsewhere = a_member("auditor", site=a_site()).as_actor()
    assert holdings.of(reader, to=elsewhere, at=at) == []


def test_the_page_of_a_person_lists_it_and_refuses_who_may_not_read_people() -> None:
    reader = a_member("soc_analyst", site=the_enterprise(), name="Rosa Reader")
    url = f"/admin/governance/user/{reader.pk}/access/"
    shown = signin.proven(a_member("auditor")).get(url, follow=True)
    text = shown.content.decode()
    assert "Everything that Rosa Reader can reach" in text
    assert "SOC analyst" in text
    assert "no use logged" in text
    assert signin.proven(a_member("steward")).get(url, follow=True).status_code in (403, 404)


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
