"""Interfaces for machines: who is not signed in is asked to, at every address and method."""

import re
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config.problems import MACHINE_PREFIXES
from tests.builders import signin
from tests.builders.governance import a_member, a_user

pytestmark = pytest.mark.django_db


def routes(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from routes(entry, route)


def addresses() -> list[str]:
    """Return one address for each route, its parameters filled in."""
    uuid = "00000000-0000-0000-0000-000000000001"
    filled = (
        re.sub(r"<(uuid:)?\w*?:?\w+>", lambda hit: uuid if hit[1] else "1", route)
        for route in routes(get_resolver())
    )
    return sorted(address for address in filled if address.startswith(MACHINE_PREFIXES))


def test_there_are_addresses_of_both_interfaces() -> None:
    for prefix in ("/api/v1/", "/portal/api/v1/", "/api/schema/", "/access/v1/"):
        assert any(address.startswith(prefix) for address in addresses())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_nobody_signed_in_is_challenged_everywhere(method: str) -> None:
    for address in addresses():
        answer = Client(enforce_csrf_checks=True).generic(method, address)
        assert answer.status_code == 401, address
        assert answer["Content-Type"] == "application/problem+json"
        scheme, code = ("Session", "not_signed_in")
        if address.startswith("/access/"):
            scheme, code = ("Bearer", "caller_unknown")
        assert answer["WWW-Authenticate"] == f'{scheme} realm="wardroom"'
        body = answer.json()
        assert (body["status"], body["code"]) == (401, code)


def test_who_is_signed_in_is_refused_without_a_challenge() -> None:
    unproven = signin.in_session(a_member("auditor"))
    stranger = signin.proven(a_user())
    for client, code in ((unproven, "mfa_required"), (stranger, "not_allowed")):
        answer = client.get("/api/v1/measures/")
        assert (answer.status_code, answer.json()["code"]) == (403, code)
        assert "WWW-Authenticate" not in answer


def test_a_write_without_the_token_of_its_session_is_refused() -> None:
    user = a_member("incident_commander")
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    signin.with_app(user)
    signin.prove(client, user)
    answer = client.post("/api/v1/incidents/", {}, "application/json")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_the_document_of_the_interface_has_no_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert "cookieAuth" in capsys.readouterr().out
