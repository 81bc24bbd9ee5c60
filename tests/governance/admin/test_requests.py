"""Deciding about an access request on its own page."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from governance.models import AccessRequest, AuditEvent, Grant
from governance.queries import requestable
from tests.builders import signin
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member, a_request, a_site, a_system, holds

pytestmark = pytest.mark.django_db
ASKED = {
    "principal": "luis",
    "entitlement": "read",
    "scope": "mes.badge",
    "purpose": "shift report",
    "days": "30",
}


def page(client: Client, row: AccessRequest) -> str:
    answer = client.get(f"/admin/governance/accessrequest/{row.pk}/change/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def decide(client: Client, row: AccessRequest, verdict: str, reason: str = "agreed") -> str:
    answer = client.post(
        f"/admin/governance/accessrequest/{row.pk}/decide/",
        {"decision": verdict, "reason": reason},
        follow=True,
    )
    row.refresh_from_db()
    return f"{answer.status_code} {answer.content.decode()}"


def a_decider(row: AccessRequest, **over: str) -> Client:
    return signin.proven(a_member("data_owner", site=row.system.site, **over))


@pytest.mark.parametrize(
    ("verdict", "state", "grants"), [("approve", "granted", 1), ("deny", "denied", 0)]
)
def test_a_decision_on_the_page_is_the_same_act_as_in_the_list(
    verdict: str, state: str, grants: int
) -> None:
    row = a_request()
    client = a_decider(row)
    shown = page(client, row)
    for word in (">Approve</button>", row.purpose, "nobody has classified", "Holds already"):
        assert word in shown
    word = {"approve": "Approved", "deny": "Refused"}[verdict]
    assert f"{word}: {row}, " in decide(client, row, verdict)
    assert (row.state, row.decision_reason) == (state, "agreed")
    assert Grant.objects.filter(request=row).count() == grants
    assert AuditEvent.objects.filter(act="governance:request:decide", object=row.ref).exists()
    assert ">Approve</button>" not in page(client, row), "a decided request offers no decision"


def test_a_decision_needs_a_reason_and_a_verdict() -> None:
    row = a_request()
    client = a_decider(row)
    assert "say why" in decide(client, row, "approve", reason=" ")
    assert decide(client, row, "perhaps").startswith("400")
    assert client.get(f"/admin/governance/accessrequest/{row.pk}/decide/").status_code == 405
    assert row.state == "open"


def test_who_may_only_read_sees_who_can_decide_and_cannot() -> None:
    row = a_request()
    a_member("data_owner", site=row.system.site, name="Luis Garza")
    auditor = signin.proven(a_member("auditor"))
    shown = page(auditor, row)
    assert "Who can decide: Luis Garza." in shown
    assert ">Approve</button>" not in shown
    decide(auditor, row, "approve")
    assert row.state == "open"
    denied = AuditEvent.objects.filter(act="governance:request:decide", outcome="denied")
    assert denied.filter(object=row.ref).exists()


def test_nobody_decides_about_an_own_request() -> None:
    system = a_system()
    owner = a_member("data_owner", site=system.site, name="Luis Garza")
    row = a_request(system=system, requester=owner)
    client = signin.proven(owner)
    shown = page(client, row)
    assert "This request is yours" in shown
    assert ">Approve</button>" not in shown
    assert "Nobody can decide about it today. It takes" in shown
    assert "somebody else must decide" in decide(client, row, "approve").lower()
    assert row.state == "open"


def test_a_request_of_another_site_is_not_found() -> None:
    row = a_request()
    elsewhere = signin.proven(a_member("data_owner", site=a_site()))
    assert decide(elsewhere, row, "approve").startswith("404")
    assert row.state == "open"


def test_the_overview_leads_to_the_page_that_decides() -> None:
    row = a_request()
    owner = a_member("data_owner", site=row.system.site)
    holds(owner, "board_member")
    shown = signin.proven(owner).get("/admin/").content.decode()
    assert f"/admin/governance/accessrequest/{row.pk}/change/" in shown


def test_a_refusal_leads_to_a_form_that_knows_what_was_refused() -> None:
    asset = an_asset()
    owner = a_member("data_owner", site=asset.site)
    client = signin.proven(owner)
    refused = urlsplit(requestable.form_url(asset.ref, "catalog:asset:read"))
    text = client.get(f"{refused.path}?{refused.query}").content.decode()
    assert f'<option value="{asset.system_id}" selected>' in text
    assert 'name="entitlement" value="read"' in text
    answer = client.post(
        f"{refused.path}?{refused.query}",
        {**ASKED, "system": asset.system_id, "scope": f"mes.{asset.name}"},
    )
    assert answer.status_code == 302
    row = AccessRequest.objects.get()
    assert (row.requester, row.system, row.state) == (owner, asset.system, "open")
    assert row.due_at == row.submitted_at + timedelta(hours=4)


def test_the_form_names_no_record_that_its_reader_may_not_see() -> None:
    asset = an_asset()
    stranger = a_member("data_owner", site=a_site(parent=asset.site.parent))
    form = urlsplit(requestable.form_url(asset.ref, "catalog:asset:read"))
    for person, is_named in ((stranger, False), (a_member("steward"), True)):
        text = signin.proven(person).get(f"{form.path}?{form.query}").content.decode()
        assert (asset.name in text, f'value="{asset.ref}"' in text) == (is_named, not is_named)


@pytest.mark.parametrize("query", ["resource=catalog.asset:0", "resource=x", "resource=a.b:c", ""])
def test_the_form_opens_whatever_it_is_told(query: str) -> None:
    a_system()
    client = signin.proven(a_member("steward"))
    answer = client.get(f"/admin/governance/accessrequest/add/?{query}&act=%00")
    assert answer.status_code == 200


def test_nobody_asks_for_systems_where_they_may_not() -> None:
    here, elsewhere = a_system(), a_system()
    client = signin.proven(a_member("data_owner", site=here.site))
    text = client.get("/admin/governance/accessrequest/add/").content.decode()
    assert f'<option value="{here.pk}"' in text
    assert f'<option value="{elsewhere.pk}"' not in text
    client.post(
        "/admin/governance/accessrequest/add/",
        {**ASKED, "system": elsewhere.pk},
    )
    assert not AccessRequest.objects.exists()
    assert (
        signin.proven(a_member("auditor")).get("/admin/governance/accessrequest/add/").status_code
        == 403
    )


def test_after_a_decision_the_next_one_is_offered_and_not_shown_in_its_place() -> None:
    row = a_request()
    other = a_request(system=row.system)
    shown = decide(a_decider(row), row, "approve")
    assert ">Approve</button>" not in shown
    assert f'Next for you to decide: <a href="/admin/governance/accessrequest/{other.pk}/' in shown
    other.refresh_from_db()
    assert other.state == "open"


def test_whoever_decides_reads_what_is_held_and_opens_the_asset() -> None:
    asset = an_asset(name="badge", fqn="plant.mes.badge")
    row = a_request(system=asset.system, scope="mes.badge")
    client = a_decider(row)
    assert f'<a href="/catalog/{asset.pk}/">select on mes.badge</a>' in page(client, row)
    decide(client, row, "approve")
    again = a_request(system=asset.system, requester=row.requester, entitlement="insert")
    assert "select on mes.badge until" in page(client, again)


@pytest.mark.parametrize(
    ("days", "given", "sentence"),
    [
        ("7", 7, "7 days"),
        ("1", 1, "1 day."),
        ("31", None, "From 1 to 30 days"),
        ("0", None, "From 1 to 30 days"),
        ("many", None, "a whole number"),
    ],
)
def test_whoever_approves_may_shorten_it_and_not_lengthen_it(
    days: str, given: int | None, sentence: str
) -> None:
    row = a_request()
    answer = a_decider(row).post(
        f"/admin/governance/accessrequest/{row.pk}/decide/",
        {"decision": "approve", "reason": "agreed", "days": days},
        follow=True,
    )
    assert sentence in answer.content.decode()
    grant = Grant.objects.filter(request=row).first()
    assert (grant.valid_to - grant.valid_from if grant else None) == (
        timedelta(days=given) if given else None
    )


def listed(client: Client, query: str = "") -> str:
    answer = client.get(f"/admin/governance/accessrequest/{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_inbox_shows_what_waits_and_the_rest_behind_its_filter() -> None:
    row = a_request(scope="mes.finished", level="internal", days=7)
    client = a_decider(row)
    decide(client, row, "approve")
    waiting = a_request(system=row.system, scope="mes.waiting", level="restricted")
    shown = listed(client)
    assert "mes.waiting" in shown
    assert "mes.finished" not in shown
    assert f"{waiting.requester}, 30 days, restricted" in shown
    for query in ("?stage=finished", "?state__exact=granted", "?q=mes.finished"):
        found = listed(client, query)
        assert "mes.finished" in found, query
        assert "mes.waiting" not in found, query
        assert "7 days, internal" in found
        assert "took" in found
    assert "mes.waiting" in listed(client, "?stage=all")


def test_a_second_approval_is_waited_for_in_list_and_page_alike() -> None:
    row = a_request(level="restricted")
    client = a_decider(row)
    decide(client, row, "approve")
    assert row.first_approved_at is not None
    words = "Waiting for a second approval"
    assert words in page(client, row)
    assert words in listed(client)
