"""Answers and waivers on pages: asked for at a finding, decided by somebody else."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from partners.models import Answer, Waiver
from tests.builders.governance import a_member
from tests.builders.partners import a_contact, a_finding, an_answer, sign_in

pytestmark = pytest.mark.django_db
PAGES = ["/findings/waivers/", "/findings/answers/", "/findings/policy/", "/components/", "/feeds/"]


def a_day(days: int = 30) -> str:
    now: datetime = timezone.now()
    return f"{now + timedelta(days=days):%Y-%m-%d}"


WAIVER = {"reason": "August only.", "control": "Segmented", "owner": "Mika"}


@pytest.mark.parametrize("address", PAGES)
def test_each_page_is_for_our_people(client: Client, address: str) -> None:
    assert client.get(address).status_code == 302
    staff = sign_in(client, a_member("soc_analyst"))
    assert staff.get(address).status_code == 200
    finding = a_finding()
    contact = sign_in(Client(), a_contact(finding.product.partner))
    assert contact.get(address).status_code == 404


def test_a_contact_asks_and_one_of_us_agrees(client: Client) -> None:
    finding = a_finding()
    contact = sign_in(client, a_contact(finding.product.partner))
    page = f"/portal/findings/{finding.pk}/"
    asked = contact.post(f"{page}waiver/", {**WAIVER, "until": a_day()})
    assert (asked.status_code, asked["Location"]) == (302, page)
    waiver = Waiver.objects.get()
    assert "waits for a decision" in contact.get(page).content.decode()
    staff = sign_in(Client(), a_member("soc_analyst"))
    assert "1 waiver asked for" in staff.get("/").content.decode()
    assert "August only." in staff.get("/findings/waivers/").content.decode()
    decided = staff.post(
        f"/findings/waivers/{waiver.pk}/decide/", {"decision": "agree", "reason": "Segmented."}
    )
    assert decided.status_code == 302
    assert "Waived until" in contact.get(page).content.decode()
    assert str(finding.vulnerability) in staff.get("/findings/?state=waived").content.decode()


def test_what_cannot_be_asked_for_is_refused(client: Client) -> None:
    finding = a_finding()
    contact = sign_in(client, a_contact(finding.product.partner))
    page = f"/portal/findings/{finding.pk}/"
    for over in ({"until": "soon"}, {"until": a_day(95)}, {"until": a_day(), "reason": ""}):
        assert contact.post(f"{page}waiver/", {**WAIVER, **over}).status_code == 422
    lacks = contact.post(f"{page}waiver/", {**WAIVER, "until": a_day(95)}).content.decode()
    assert "what you wrote stands below" in lacks
    assert "August only." in lacks
    assert contact.post(f"{page}answer/", {"status": "not_affected"}).status_code == 422
    other = a_finding()
    assert contact.post(f"/portal/findings/{other.pk}/answer/").status_code == 404
    assert not Waiver.objects.exists()
    assert not Answer.objects.exists()


def test_a_contact_answers_and_one_of_us_accepts(client: Client) -> None:
    finding = a_finding()
    contact = sign_in(client, a_contact(finding.product.partner))
    page = f"/portal/findings/{finding.pk}/"
    form = {"status": "not_affected", "justification": "vulnerable_code_not_present"}
    assert contact.post(f"{page}answer/", form).status_code == 302
    answer = Answer.objects.get()
    assert answer.decision == "pending"
    assert "waits for a decision" in contact.get(page).content.decode()
    staff = sign_in(Client(), a_member("soc_analyst"))
    assert "1 answer of suppliers to review" in staff.get("/").content.decode()
    assert "waits for a decision" in staff.get(f"/findings/{finding.pk}/").content.decode()
    assert "Vulnerable code not present" in staff.get("/findings/answers/").content.decode()
    decide = f"/findings/answers/{answer.pk}/decide/"
    assert staff.post(decide, {"decision": "accept", "reason": "Checked."}).status_code == 302
    assert "answered in time" in contact.get(page).content.decode()
    assert staff.post(decide, {"decision": "accept"}).status_code == 409


def test_who_may_not_decide_is_refused(client: Client) -> None:
    answer = an_answer()
    staff = sign_in(client, a_member("auditor"))
    refused = staff.post(f"/findings/answers/{answer.pk}/decide/", {"decision": "accept"})
    assert refused.status_code == 403
