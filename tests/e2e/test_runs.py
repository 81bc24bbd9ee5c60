"""Runbooks that ask: a card with a field, a decision, an approval by somebody else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from incidents.executors import extension
from incidents.models import Approval, Card
from tests.builders import signin
from tests.builders.engine import Book, a_run
from tests.builders.governance import a_user, holds, the_enterprise
from tests.builders.incidents import NOW, an_incident
from tests.e2e.conftest import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Check = Callable[[], list[str]]


def enter(visit: Visit, name: str, role: str) -> Any:
    user = a_user(name=name)
    holds(user, role, valid_from=NOW.replace(year=2020))
    cookie = signin.proven(user).cookies[settings.SESSION_COOKIE_NAME].value
    visit.page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": visit.origin}]
    )
    return user


def a_book() -> tuple[Book, str]:
    """Return a card that asks whether it is seen, a decision on it, an act that others pass."""
    book = Book()
    book.variables = {"__seen__": {"type": "bool", "description": "Was it seen again?"}}
    said = {"commands": {"0": {"act": "isolate-partners"}}, "approved_by": "Site operations"}
    keep = book.manual("Keep them out", book.end(), step_extensions={extension.ID: said})
    decide = book.add(
        "if-condition",
        "Is it still there?",
        condition="__seen__:value = true",
        on_true=keep,
        on_completion=book.end(),
    )
    return book, book.manual("Watch it", decide, out_args=["__seen__"], timeout=600_000)


def test_a_card_a_decision_and_an_approval(visit: Visit, second: Visit, faces: Check) -> None:
    page = visit.page
    by = enter(visit, "Rosa Castillo", "incident_commander").as_actor(has_mfa=True)
    enter(second, "Luis Garza", "site_operator")
    at = timezone.now()
    incident = an_incident(by=by, at=at, site=the_enterprise(), title="Modem in hall 2")
    book, first = a_book()
    run = a_run(book, first, by=by, at=at, incident=incident, name="Watch and close")
    card = Card.objects.get(run=run)
    visit.go(f"/incidents/{incident.reference}/?step={card.pk}")
    expect(page.get_by_label("Was it seen again?")).to_be_visible()
    assert faces() == []
    page.get_by_role("button", name="Done at").click()
    expect(page.get_by_text("Step 1 done: Watch it")).to_be_visible()
    asked = Card.objects.get(run=run, question="condition")
    visit.go(f"/incidents/{incident.reference}/?step={asked.pk}")
    expect(page.get_by_text("Nobody has said it yet.")).to_be_visible()
    assert faces() == []
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(page.get_by_role("heading", name="Approval wanted")).to_be_visible()
    expect(page.get_by_text("Somebody else passes it")).to_be_visible()
    assert faces() == []
    second.go(f"/incidents/{incident.reference}/")
    second.page.get_by_role("button", name="Approve and send").click()
    expect(second.page.get_by_role("heading", name="Approval wanted")).to_have_count(0)
    assert Approval.objects.get(run=run).state == "given"
