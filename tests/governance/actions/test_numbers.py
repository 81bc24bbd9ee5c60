"""The number by which somebody is called: their own, in one form, and never in the log."""

from datetime import datetime

import pytest

from governance import boundary
from governance.actions import people
from governance.errors import NotAllowed, Refused
from governance.models import AuditEvent
from tests.builders.governance import a_member

pytestmark = pytest.mark.django_db


def test_everybody_gives_their_own_and_it_stays_out_of_the_log(at: datetime) -> None:
    user = a_member("site_operator")
    with boundary.acting(user.as_actor(), at=at):
        people.give_number(user, "+49 (341) 123 45-67", by=user.as_actor(), at=at)
    user.refresh_from_db()
    assert user.phone == "+493411234567"
    events = AuditEvent.objects.filter(object__contains=str(user.pk))
    assert events.filter(body__contains="has_phone").exists()
    assert not events.filter(body__contains="1234567").exists()
    with boundary.acting(user.as_actor(), at=at):
        people.give_number(user, " ", by=user.as_actor(), at=at)
    user.refresh_from_db()
    assert user.phone == ""


@pytest.mark.parametrize("number", ["0341 1234567", "+49 1", "call me", "+" + "1" * 300])
def test_what_cannot_be_dialled_from_everywhere_is_refused(number: str, at: datetime) -> None:
    user = a_member("site_operator")
    with pytest.raises(Refused, match="with its country"):
        people.give_number(user, number, by=user.as_actor(), at=at)


def test_somebody_elses_needs_the_right_to_change_people(at: datetime) -> None:
    user, other = a_member("site_operator"), a_member("steward")
    with pytest.raises(NotAllowed):
        people.give_number(user, "+493411234567", by=other.as_actor(), at=at)
