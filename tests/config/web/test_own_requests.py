"""``/requests/``: for every one of our people, about nobody but themselves."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from governance.models import AccessRequest
from tests.builders import signin
from tests.builders.governance import a_member, a_request, a_site, a_system, a_user
from tests.governance.actions.test_requesting import a_table

pytestmark = pytest.mark.django_db
ASKED = {
    "principal": "luis",
    "entitlement": "read",
    "scope": "mes.badge",
    "purpose": "shift report",
    "days": "30",
}


def text(client: Client, url: str = "/requests/") -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_own_rows_only_with_state_clock_and_who_decides() -> None:
    now = timezone.now()
    system = a_system()
    person = a_member("site_operator", site=system.site)
    over = {"system": system, "submitted_at": now, "due_at": now + timedelta(hours=4)}
    mine = a_request(requester=person, scope="mes.mine", **over)
    a_request(scope="mes.theirs", **over)
    shown = text(signin.proven(person))
    assert f'id="request-{mine.pk}"' in shown
    assert "Waiting for a decision" in shown
    assert "left" in shown
    assert "everybody whom the policy lets decide" in shown
    assert "mes.theirs" not in shown


def test_who_may_not_list_all_is_led_to_their_own() -> None:
    operator = signin.proven(a_member("site_operator", site=a_site()))
    shown = text(operator)
    assert '<a href="/requests/" aria-current="page">Requests</a>' in shown
    assert "All requests" not in shown
    assert operator.get("/admin/governance/accessrequest/").status_code == 403
    owner = signin.proven(a_member("data_owner", site=a_site()))
    shown = text(owner)
    assert '<a href="/admin/governance/accessrequest/">Requests</a>' in shown
    assert '<a class="button" href="/admin/governance/accessrequest/">All requests</a>' in shown
    listed = owner.get("/admin/governance/accessrequest/")
    assert "My requests and access" in listed.content.decode()
    assert owner.get("/admin/governance/accessrequest/own/").url.endswith("/requests/")


def test_who_holds_no_role_has_a_page_and_a_partner_has_none() -> None:
    assert "You have asked for nothing yet" in text(signin.proven(a_user()))
    partner = signin.proven(a_user(party="partners.partner:1"))
    assert partner.get("/requests/").status_code in (403, 404)
    assert Client().get("/requests/").status_code == 302


def submitted(client: Client, system_key: int, **over: str) -> str:
    asked = {**ASKED, "system": system_key, **over}
    answer = client.post("/admin/governance/accessrequest/add/", asked, follow=True)
    assert answer.redirect_chain == [(f"/requests/#request-{AccessRequest.objects.get().pk}", 302)]
    return str(answer.content.decode())


def test_after_asking_it_says_for_whom_it_waits() -> None:
    system = a_system()
    client = signin.proven(a_member("site_operator", site=system.site))
    shown = submitted(client, system.pk)
    row = AccessRequest.objects.get()
    assert (
        f'<a href="/requests/#request-{row.pk}">read on mes.badge for luis</a>: waits for' in shown
    )


def test_after_asking_it_says_what_was_granted_at_once() -> None:
    asset = a_table(level=1)
    person = a_member("site_operator", site=asset.site)
    assert person.email is not None
    own = {"principal": person.email, "entitlement": "select"}
    shown = submitted(signin.proven(person), asset.system_id, **own)
    assert "approved at once, until" in shown
    assert "an administrator of" in shown, "approved is not given in the system"
    assert 'class="state ok"' not in shown
    assert "Service approver" in shown


def test_the_own_number_is_kept_as_it_is_dialled_from_everywhere() -> None:
    person = a_member("site_operator", site=a_site())
    client = signin.proven(person)
    answer = client.post("/requests/", {"phone": "0341 1234567"}, follow=True)
    assert "with its country" in answer.content.decode()
    answer = client.post("/requests/", {"phone": "+49 341 1234567"}, follow=True)
    assert "You are called at +493411234567." in answer.content.decode()
    assert 'value="+493411234567"' in text(client)
    answer = client.post("/requests/", {"phone": ""}, follow=True)
    assert "no longer kept" in answer.content.decode()


def test_a_row_leads_to_everything_about_it_and_to_nobody_elses() -> None:
    system = a_system()
    person = a_member("site_operator", site=system.site)
    mine = a_request(requester=person, system=system, caution="No such login was seen.")
    theirs = a_request(system=system)
    client = signin.proven(person)
    assert f'href="/requests/{mine.pk}/"' in text(client)
    shown = text(client, f"/requests/{mine.pk}/")
    for word in (str(mine.case), "No such login was seen.", mine.purpose, "Withdraw it"):
        assert word in shown
    assert client.get(f"/requests/{theirs.pk}/").status_code == 404


def test_who_asked_withdraws_it_there_and_nobody_elses() -> None:
    now = timezone.now()
    system = a_system()
    person = a_member("site_operator", site=system.site)
    over = {"system": system, "submitted_at": now, "due_at": now + timedelta(hours=4)}
    mine, theirs = a_request(requester=person, **over), a_request(**over)
    client = signin.proven(person)
    answer = client.post("/requests/", {"withdraw": str(mine.pk)}, follow=True)
    assert f"Withdrawn: {mine}." in answer.content.decode()
    mine.refresh_from_db()
    assert (mine.state, mine.decided_by) == ("canceled", person.as_actor().ref)
    again = client.post("/requests/", {"withdraw": str(mine.pk)}, follow=True)
    assert "has ended already" in again.content.decode()
    for key in (str(theirs.pk), "x", "9" * 40):
        assert client.post("/requests/", {"withdraw": key}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "open"
