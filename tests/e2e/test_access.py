"""Access asked for, approved by somebody else, used, and over at its end."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from governance.models import AccessRequest, GovernedSystem, Grant, User
from governance.queries import requestable
from tests.builders import signin
from tests.builders.governance import a_member, a_system
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def a_person(role: str, system: GovernedSystem, name: str) -> User:
    user = a_member(role, site=system.site, name=name, password=make_password(signin.PASSWORD))
    with transaction.atomic():
        signin.with_app(user)
    return user


def opens(visit: Visit, path: str) -> bool:
    """Say whether the page opens, without a word to the browser's console."""
    answer = visit.page.request.get(visit.origin + path, max_redirects=0)
    return answer.status == 200


def test_ask_approve_use_expire(visit: Visit, second: Visit) -> None:
    system = a_system(name="MES Monterrey")
    joel = a_person("site_operator", system, "Joel Salinas")
    luis = a_person("data_owner", system, "Luis Garza")
    place = f"/admin/governance/governedsystem/{system.pk}/change/"

    visit.sign_in(joel)
    assert not opens(visit, place)
    form = requestable.form_url(system.ref, "governance:system:read")
    visit.go(form.partition("/admin/")[1] + form.partition("/admin/")[2])
    page = visit.page
    page.get_by_label("Scope").fill("connection")
    page.get_by_label("Principal").fill("plant_joel")
    page.get_by_label("Purpose").fill("shift handover")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state()
    row = AccessRequest.objects.get()
    assert (row.state, row.requester) == ("open", joel)
    assert not opens(visit, place), "asked is not given"

    second.sign_in(luis)
    second.go("/admin/")
    second.page.get_by_role("link", name="Decide: read on").click()
    reason = second.page.get_by_label("Reason, which")
    expect(reason).to_be_visible()
    expect(reason).to_have_attribute("autofocus", "")
    reason.focus()  # a browser in the background gives no page the focus by itself
    own = [line for line in second.axe() if "decide" in line]
    assert own == [], "the rest of the page is the theme's"
    second.page.keyboard.type("agreed")
    second.page.keyboard.press("Enter")
    expect(second.page.get_by_text("Approved: read on connection for plant_joel")).to_be_visible()
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("granted", luis.as_actor().ref)

    assert opens(visit, place), "the policy permits it at once"
    visit.go(place)
    expect(page.get_by_text("MES Monterrey").first).to_be_visible()

    end = timezone.now() - timedelta(microseconds=1)
    with transaction.atomic():
        Grant.objects.update(valid_from=end - timedelta(days=1), valid_to=end)
    assert not opens(visit, place), "no job ran, and it is over"
