"""Acts on evidence: by whom, to whom, and what becomes of the bytes."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed, Refused
from governance.models import Notice
from incidents.actions import custody
from incidents.domain.custody import CustodyAct
from incidents.errors import CustodyRefused
from incidents.models import EvidenceItem, TimelineEntry
from tests.builders.evidence import an_item, lies_at
from tests.builders.incidents import a_responder, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(commander: Actor, at: datetime) -> EvidenceItem:
    return an_item(an_incident(by=commander, at=at), by=commander)


def test_handed_over_and_accepted(item: EvidenceItem, commander: Actor, at: datetime) -> None:
    other = a_responder("soc_analyst", name="Rosa Castillo")
    custody.take(item, CustodyAct.TRANSFERRED, to=other.ref, by=commander, at=at)
    assert Notice.objects.filter(key__startswith="evidence_offer").count() == 1
    with pytest.raises(CustodyRefused):
        custody.take(item, CustodyAct.ACCEPTED, by=commander, at=at)
    with boundary.acting(other, at=at):
        custody.take(item, CustodyAct.ACCEPTED, by=other, at=at)
    assert EvidenceItem.objects.get(pk=item.pk).custody().holder == other.ref
    said = (
        TimelineEntry.objects.filter(kind="evidence").order_by("id").values_list("text", flat=True)
    )
    assert list(said)[1:] == [
        "Evidence E1 handed to Rosa Castillo, who has yet to accept it",
        "Evidence E1 accepted",
    ]
    for nobody in ("user:x", "somebody", ""):
        with pytest.raises(Refused), boundary.acting(other, at=at):
            custody.take(item, CustodyAct.TRANSFERRED, to=nobody, by=other, at=at)


def test_two_persons_destroy_and_shared_bytes_stay_until_the_last(
    item: EvidenceItem, commander: Actor, at: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    twin, place = an_item(item.incident, by=commander), lies_at(item)
    officer = a_responder("board_member")
    for one, stays in ((item, True), (twin, False)):
        custody.take(one, CustodyAct.DESTRUCTION_ASKED, reason="over", by=commander, at=at)
        with pytest.raises(CustodyRefused, match="second person"):
            custody.take(one, CustodyAct.DESTROYED, by=commander, at=at)
        with (
            boundary.acting(officer, at=at),
            django_capture_on_commit_callbacks(execute=True),
        ):
            custody.take(one, CustodyAct.DESTROYED, by=officer, at=at)
        assert place.exists() is stays


def test_who_may_do_what(item: EvidenceItem, at: datetime) -> None:
    denied = {
        "site_operator": (CustodyAct.VIEWED, CustodyAct.HELD, CustodyAct.DESTRUCTION_ASKED),
        "auditor": (CustodyAct.SEALED, CustodyAct.HELD, CustodyAct.DESTRUCTION_ASKED),
        "soc_analyst": (CustodyAct.HELD, CustodyAct.DESTRUCTION_ASKED),
    }
    for role, acts in denied.items():
        by = a_responder(role)
        with boundary.acting(by, at=at):
            for act in acts:
                with pytest.raises(NotAllowed):
                    custody.take(item, act, reason="x", by=by, at=at)


def test_evidence_is_not_received_twice(item: EvidenceItem, commander: Actor, at: datetime) -> None:
    with pytest.raises(Refused):
        custody.take(item, CustodyAct.RECEIVED, by=commander, at=at + timedelta(1))
