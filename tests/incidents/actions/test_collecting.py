"""Evidence comes in: hashed, numbered, once."""

from datetime import datetime
from uuid import uuid4

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from incidents.actions import closing
from incidents.errors import HashDiffers, IncidentEnded
from incidents.models import CustodyEvent, EvidenceItem, TimelineEntry
from tests.builders.evidence import an_item, lies_at
from tests.builders.incidents import a_responder, an_incident

pytestmark = pytest.mark.django_db


def test_a_file_becomes_an_item_with_its_chain(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    item = an_item(incident, b"one", by=commander, collected_by="R. Diaz", note="a\r\nb")
    assert (item.label, item.size, lies_at(item).read_bytes()) == ("E1", 3, b"one")
    assert list(CustodyEvent.objects.values_list("act", "reason")) == [
        ("collected", "R. Diaz"),
        ("received", ""),
    ]
    text = TimelineEntry.objects.get(incident=incident, kind="evidence").text
    assert text == f"Evidence E1 received from HMI line 3: export.csv, SHA-256 {item.sha256}"
    same = an_item(incident, b"one", by=commander, name="again")
    assert (same.label, lies_at(same)) == ("E2", lies_at(item))


def test_sending_it_again_is_harmless(commander: Actor, at: datetime) -> None:
    incident, token = an_incident(by=commander, at=at), uuid4()
    first = an_item(incident, by=commander, token=token)
    assert an_item(incident, by=commander, token=token) == first
    with pytest.raises(Conflict):
        an_item(incident, b"other", by=commander, token=token)
    assert EvidenceItem.objects.count() == 1


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"claimed": "0" * 64}, HashDiffers),
        ({"name": " \n "}, Refused),
        ({"name": "a\x1b[31mb"}, Refused),
        ({"size": 0}, Refused),
    ],
)
def test_what_does_not_fit_is_not_kept(
    commander: Actor, at: datetime, over: dict[str, object], error: type[Exception]
) -> None:
    incident = an_incident(by=commander, at=at)
    with pytest.raises(error):
        an_item(incident, by=commander, **over)
    assert not EvidenceItem.objects.exists()


def test_who_may_add_and_not_after_the_end(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    auditor = a_responder("auditor")
    with pytest.raises(NotAllowed), boundary.acting(auditor, at=at):
        an_item(incident, by=auditor)
    closing.dismiss(incident, by=commander, at=at, reason="nothing")
    with pytest.raises(IncidentEnded):
        an_item(incident, by=commander)
