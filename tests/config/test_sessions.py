"""Sessions end by themselves, and sign-ins leave a trace."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from config.sessions import ABSOLUTE_SECONDS, IDLE_SECONDS
from governance.models import AuditEvent
from governance.permissions import Event
from tests.builders.governance import a_member, a_user
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db
BEGAN = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh_rate_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def signed_in_after(seconds: int, *, step: int) -> bool:
    """Use the product every ``step`` seconds, until ``seconds`` have passed."""
    with time_machine.travel(BEGAN, tick=False) as clock:
        client = proven(a_member("auditor"))
        assert client.get("/accounts/2fa/").status_code == 200
        passed = 0
        while passed < seconds:
            passed += step
            clock.move_to(BEGAN + timedelta(seconds=passed))
            answer = client.get("/accounts/2fa/")
        return answer.status_code == 200


def test_half_an_hour_of_silence_is_still_signed_in() -> None:
    assert signed_in_after(IDLE_SECONDS, step=IDLE_SECONDS)


def test_a_second_more_is_not() -> None:
    assert not signed_in_after(IDLE_SECONDS + 1, step=IDLE_SECONDS + 1)


def test_who_goes_on_working_is_signed_out_after_eight_hours() -> None:
    assert signed_in_after(ABSOLUTE_SECONDS, step=IDLE_SECONDS)
    assert not signed_in_after(ABSOLUTE_SECONDS + 1200, step=IDLE_SECONDS)


def test_a_sign_in_is_recorded_with_what_proved_it() -> None:
    user = a_user()
    user.set_password("correct horse battery")
    user.save()
    Client().post("/accounts/login/", {"login": user.email, "password": "correct horse battery"})
    event = AuditEvent.objects.get(act=Event.SIGNED_IN)
    assert (event.actor, event.object) == (f"user:{user.pk}", user.ref)
    assert event.facts == {"methods": ["password"]}


def test_a_refused_sign_in_is_recorded_without_the_password() -> None:
    user = a_user()
    Client().post("/accounts/login/", {"login": user.email, "password": "a wrong one"})
    Client().post("/accounts/login/", {"login": "nobody@example.org", "password": "a wrong one"})
    events = AuditEvent.objects.filter(act=Event.SIGN_IN_REFUSED).order_by("id")
    assert [event.object for event in events] == [user.ref, "governance.user:unknown"]
    assert "a wrong one" not in str([event.body for event in events])
