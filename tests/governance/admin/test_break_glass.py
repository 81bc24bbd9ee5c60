"""Reviewing an opened seal on its own page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from governance.models import Activation
from tests.builders import signin
from tests.builders.governance import a_member
from tests.governance.actions.test_breaking_glass import a_seal, an_operator, opened

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
DAY = timedelta(days=1)
URL = "/admin/governance/activation/"


def an_opening(ago: timedelta) -> Activation:
    at = timezone.now() - ago
    seal = a_seal(at)
    return opened(seal, an_operator(seal), at)


def decide(client: Client, row: Activation, verdict: str, reason: str = "looked at the log") -> str:
    body = {"decision": verdict, "reason": reason}
    answer = client.post(f"{URL}{row.pk}/review/", body, follow=True)
    row.refresh_from_db()
    return f"{answer.status_code} {answer.content.decode()}"


def test_the_page_of_an_opening_takes_its_review() -> None:
    row = an_opening(timedelta(minutes=5))
    reviewer = signin.proven(a_member("board_member", name="Zoe Board"))
    page = reviewer.get(f"{URL}{row.pk}/change/").content.decode()
    assert "Reviewed: justified" in page
    assert "Let them go on" not in page, "nothing is overdue"
    assert decide(reviewer, row, "perhaps").startswith("400")
    assert "say why" in decide(reviewer, row, "justified", reason=" ")
    page = decide(reviewer, row, "justified")
    assert "Reviewed by Zoe Board" in page
    assert (row.outcome, row.review_text) == ("justified", "looked at the log")


def test_an_overdue_one_says_what_it_bars_and_who_lifts_that() -> None:
    row = an_opening(2 * DAY)
    listed = signin.proven(a_member("auditor")).get(URL).content.decode()
    assert "overdue, bars another opening" in listed
    commander = signin.proven(a_member("incident_commander", site=row.sealed.system.site))
    page = commander.get(f"{URL}{row.pk}/change/").content.decode()
    assert "Let them go on for 4 hours" in page
    assert "Reviewed: justified" not in page
    page = decide(commander, row, "override", "line 3 burns")
    assert "let them go on from" in page
    assert row.override_reason == "line 3 burns"
    assert "overdue, overridden until" in commander.get(URL).content.decode()


def test_who_opened_it_and_who_only_reads_get_no_form() -> None:
    row = an_opening(timedelta(minutes=5))
    reader = signin.proven(a_member("auditor"))
    assert "but not review it" in reader.get(f"{URL}{row.pk}/change/").content.decode()
    decide(reader, row, "justified")
    assert row.reviewed_at is None
