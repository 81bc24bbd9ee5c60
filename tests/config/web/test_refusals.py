"""Refusals as pages and as problem documents."""

import logging

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from config.web import refusals
from tests.builders import signin
from tests.builders.governance import a_member


@pytest.mark.django_db
def test_a_page_that_is_not_there_says_so_calmly() -> None:
    answer = signin.proven(a_member("auditor")).get("/nowhere/")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in page
    assert answer["X-Request-ID"] in page


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["/api/", "/portal/api/", "/access/"])
def test_machines_get_a_problem_document(prefix: str) -> None:
    answer = Client().get(f"{prefix}nowhere/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_without_a_database_the_page_still_comes(caplog: pytest.LogCaptureFixture) -> None:
    """No fixture opens the database here, so any query would fail this test."""
    request = RequestFactory().get("/")
    request.META["wardroom.request_id"] = "7f3a02bc"
    with caplog.at_level(logging.CRITICAL):
        try:
            raise OperationalError("gone")
        except OperationalError:
            answer = refusals.broken(request)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "Nothing was changed" in answer.content.decode()
    assert "7f3a02bc" in answer.content.decode()


@pytest.mark.django_db
def test_a_form_of_another_session_is_refused_with_advice() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/accounts/login/", {"login": "a@b.c", "password": "x"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


@pytest.mark.django_db
def test_a_wrong_host_is_answered_without_details() -> None:
    answer = Client().get("/accounts/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


@pytest.mark.django_db
def test_too_many_tries_of_one_address_are_paused() -> None:
    signin.forget_limits()
    client = Client()
    answers = [
        client.post("/accounts/login/", {"login": f"{n}@example.org", "password": "x"})
        for n in range(31)
    ]
    assert answers[-1].status_code == 429
    assert "Wait 5 minutes" in answers[-1].content.decode()
    signin.forget_limits()
