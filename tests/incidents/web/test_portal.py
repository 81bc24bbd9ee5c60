"""The partner's slice: own lines, whole pages of them, and no trace of anything else."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance import access, boundary
from incidents.actions import saying, sharing
from incidents.domain.tlp import Tlp
from incidents.models import Incident, IncidentLink, PartnerEntry, PartnerSlice
from partners.models import Partner
from tests.builders.incidents import a_responder, an_incident
from tests.builders.partners import a_contact, a_partner, sign_in
from tests.incidents.web.test_rooms import text_of

pytestmark = pytest.mark.django_db
CANARY = "canary"


class Told:
    """Two partners in one incident, each told something; ours holds the canary everywhere."""

    def __init__(self) -> None:
        self.by, self.at = a_responder(), timezone.now() - timedelta(hours=1)
        self.mine, self.theirs = a_partner(name="Mine"), a_partner(name=f"{CANARY} Ltd")
        self.incident: Incident = an_incident(
            by=self.by, at=self.at, title=f"{CANARY} title", summary=CANARY
        )
        for partner in (self.mine, self.theirs):
            IncidentLink.objects.create(
                incident=self.incident, target=partner.party, label=partner.name, role="involved",
                added_by=self.by.ref, added_at=self.at,
            )  # fmt: skip
        with boundary.acting(self.by, at=self.at):
            saying.say(self.incident, CANARY, by=self.by, at=self.at, tlp=Tlp.RED)
        self.tell(self.theirs, f"{CANARY} line", title=f"{CANARY} for them")
        self.tell(self.mine, "rotate your keys", title="Odd sign-ins")

    def tell(self, partner: Partner, text: str, title: str = "") -> None:
        with boundary.acting(self.by, at=self.at):
            sharing.share(self.incident, partner.party, text, title=title, by=self.by, at=self.at)

    def client(self) -> Client:
        return sign_in(Client(), a_contact(self.mine))


@pytest.mark.parametrize("filtered", [True, False], ids=["policy and wall", "the wall alone"])
def test_a_partner_sees_its_own_lines_and_no_canary(
    filtered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    client = told.client()
    if not filtered:
        monkeypatch.setattr(access, "visible", lambda rows, **_: rows)
    part = PartnerSlice.objects.get(party=told.mine.party)
    other = PartnerSlice.objects.get(party=told.theirs.party)
    pages = [client.get("/portal/incidents/"), client.get(f"/portal/incidents/{part.pk}/")]
    assert [page.status_code for page in pages] == [200, 200]
    assert "Odd sign-ins" in text_of(pages[0])
    assert "rotate your keys" in text_of(pages[1])
    for page in pages:
        text = page.content.decode()
        assert CANARY not in text
        assert str(other.pk) not in text
    for answer in (
        client.get(f"/portal/incidents/{other.pk}/"),
        client.post(f"/portal/incidents/{other.pk}/answer/", {"text": "x"}),
        client.get(f"/incidents/{told.incident.reference}/"),
    ):
        assert answer.status_code == 404
        assert CANARY not in answer.content.decode()


def test_pages_turn_by_an_opaque_cursor_and_tell_no_counts() -> None:
    told = Told()
    for number in range(60):
        told.tell(told.mine, f"line {number}")
        told.tell(told.theirs, f"{CANARY} {number}")
    client, part = told.client(), PartnerSlice.objects.get(party=told.mine.party)
    page = f"/portal/incidents/{part.pk}/"
    first = client.get(page).content.decode()
    (cursor,) = re.findall(r"\?before=([0-9a-f-]{36})", first)
    second = client.get(f"{page}?before={cursor}").content.decode()
    assert "before=" not in second
    lines = re.findall(r"<p>(line \d+|rotate your keys)</p>", first + second)
    assert lines == [*(f"line {n}" for n in range(59, -1, -1)), "rotate your keys"]
    foreign = PartnerEntry.objects.filter(party=told.theirs.party).latest("id").cursor
    assert client.get(f"{page}?before={foreign}").content.decode().count("<p>line") == 50
    text = text_of(client.get(page))
    assert CANARY not in text
    assert not {"60", "61", "121", "122"} & set(re.findall(r"\w+", text))


def test_what_a_partner_says_shows_in_the_room(sign_in: Any) -> None:
    told = Told()
    client, part = told.client(), PartnerSlice.objects.get(party=told.mine.party)
    page = f"/portal/incidents/{part.pk}/"
    assert client.post(f"{page}answer/", {"text": " "}).status_code == 422
    assert client.post(f"{page}answer/", {"text": "keys rotated"}).status_code == 303
    assert "keys rotated Mine · TLP:AMBER" in text_of(client.get(page))
    staff, _ = sign_in()
    assert "keys rotated" in text_of(staff.get(f"/incidents/{told.incident.reference}/"))
    PartnerSlice.objects.filter(pk=part.pk).update(phase="closed")
    assert client.post(f"{page}answer/", {"text": "more"}).status_code == 422
