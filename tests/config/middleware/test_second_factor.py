"""Table test: every address, in every state, for staff and for partner contacts."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from config.middleware.second_factor import ENROLL, OPEN, PROVE, SENSITIVE
from governance.models import User
from tests.builders import signin
from tests.builders.governance import a_member, a_user

pytestmark = pytest.mark.django_db
MACHINES = ("/api/", "/portal/api/", "/access/")


@pytest.fixture(autouse=True)
def _no_limits() -> None:
    signin.forget_limits()


def arguments(pattern: Any) -> dict[str, Any]:
    """Return values that the converters of one pattern take."""
    found: dict[str, Any] = dict.fromkeys(getattr(pattern.regex, "groupindex", {}), "x")
    for name, converter in pattern.converters.items():
        kind = type(converter).__name__
        uuid = "00000000-0000-0000-0000-000000000001"
        found[name] = {"IntConverter": 1, "UUIDConverter": uuid}.get(kind, "x")
    return {**found, **({"app_label": "governance"} if "app_label" in found else {})}


def named(
    patterns: list[Any], space: str = "", given: dict[str, Any] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every named route with arguments that resolve."""
    for pattern in patterns:
        kwargs = {**(given or {}), **arguments(pattern.pattern)}
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from named(pattern.url_patterns, inner, kwargs)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield space + pattern.name, kwargs


def addresses() -> list[tuple[str, str]]:
    found = {}
    for name, kwargs in named(get_resolver().url_patterns):
        found[name] = reverse(name, kwargs=kwargs)
    return sorted(found.items())


def staff() -> User:
    return signin.with_password(a_member("administrator"))


def contact() -> User:
    return signin.with_password(a_user(party="partners.partner:1"))


def refused(client: Client, method: str, address: str, target: str) -> bool:
    answer = client.generic(method, address)
    if address.startswith(MACHINES):
        return answer.status_code == 403 and answer.json()["code"] == "mfa_required"
    return answer.status_code == 302 and answer["Location"].startswith(target + "?")


@pytest.mark.parametrize("person", [staff, contact])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_an_authenticator_only_enrolling_is_open(person: Any, method: str) -> None:
    client = signin.in_session(person())
    every = [pair for pair in addresses() if pair[0] not in ENROLL | OPEN]
    assert len(every) > 60
    passed = [n for n, a in every if not refused(client, method, a, "/accounts/2fa/")]
    assert passed == []


@pytest.mark.parametrize("person", [staff, contact])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_proof_only_the_proof_is_open(person: Any, method: str) -> None:
    user = person()
    signin.with_app(user)
    client = signin.in_session(user)
    every = [pair for pair in addresses() if pair[0] not in PROVE | OPEN]
    target = "/accounts/2fa/reauthenticate/"
    assert [n for n, a in every if not refused(client, method, a, target)] == []


def test_without_a_session_only_the_sign_in_is_open() -> None:
    client = Client()
    every = [(n, a) for n, a in addresses() if n not in OPEN and n != "admin:login"]
    shut = [(n, a) for n, a in every if not a.startswith(("/accounts/", *MACHINES))]
    assert len(shut) > 30
    for name, address in shut:
        for method in ("GET", "POST"):
            answer = client.generic(method, address)
            assert answer.status_code == 302, name
            assert answer["Location"].startswith("/accounts/login/?next="), name


@pytest.mark.parametrize("name", sorted(ENROLL))
def test_enrolling_is_reachable_without_an_authenticator(name: str) -> None:
    answer = signin.in_session(staff()).get(reverse(name))
    assert not answer.get("Location", "").startswith("/accounts/2fa/?")


def test_what_changes_the_sign_in_asks_for_a_proof_of_ten_minutes() -> None:
    client = signin.proven(staff(), seconds_ago=601)
    kwargs = dict(named(get_resolver().url_patterns))
    names = [name for name in sorted(SENSITIVE) if name != "account_set_password"]
    for name in names:
        for method in ("GET", "POST"):
            address = reverse(name, kwargs=kwargs[name])
            assert refused(client, method, address, "/accounts/2fa/reauthenticate/"), name
    assert client.get("/accounts/2fa/").status_code == 200


def test_a_fresh_proof_opens_what_changes_the_sign_in() -> None:
    client = signin.proven(staff(), seconds_ago=590)
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200
    assert client.get(reverse("account_change_password")).status_code == 200


def test_the_password_alone_cannot_remove_the_factor() -> None:
    """The stock admin login and re-authentication let it; neither is a way in here."""
    user = staff()
    factor = signin.with_app(user)
    client = Client()
    client.post("/admin/login/", {"username": user.email, "password": signin.PASSWORD})
    assert "_auth_user_id" not in client.session
    signin.step_one(client, user)
    assert "_auth_user_id" not in client.session
    client = signin.in_session(user)
    client.post("/accounts/reauthenticate/", {"password": signin.PASSWORD})
    client.post(reverse("mfa_deactivate_totp"))
    client.post("/accounts/reauthenticate/", {"password": signin.PASSWORD})
    assert Authenticator.objects.filter(pk=factor.pk).exists()


def test_the_password_reauthenticates_nobody_who_holds_a_factor() -> None:
    """allauth sets a POST aside while it asks again; the password must not release it."""
    client = signin.proven(staff())
    for method in ("GET", "POST"):
        answer = client.generic(method, "/accounts/reauthenticate/")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")


def test_htmx_is_told_to_go_there_itself() -> None:
    user = staff()
    signin.with_app(user)
    answer = signin.in_session(user).get("/", headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert answer["HX-Redirect"] == "/accounts/2fa/reauthenticate/?next=%2F"


def test_machines_get_a_problem_and_never_html() -> None:
    answer = signin.in_session(staff()).get("/api/v1/measures/")
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "mfa_required"


def test_the_proof_belongs_to_one_user() -> None:
    """A record in the session of somebody else does not count."""
    mine, other = staff(), staff()
    signin.with_app(mine)
    client = signin.prove(signin.in_session(mine), other)
    assert client.get("/")["Location"].startswith("/accounts/2fa/reauthenticate/")


def test_somebody_with_a_key_only_is_sent_to_the_key() -> None:
    user = staff()
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "key"})
    answer = signin.in_session(user).get("/")
    assert answer["Location"].startswith("/accounts/2fa/webauthn/reauthenticate/?")


def test_ten_minutes_are_measured_from_the_last_proof() -> None:
    user = staff()
    client = signin.proven(user, seconds_ago=3600)
    code = signin.totp(signin.SECRET, time.time())
    client.post("/accounts/2fa/reauthenticate/", {"code": code})
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("http://testserver/admin/governance/policyversion/7/change/?rule=2", True),
        ("http://elsewhere.example/admin/", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_whoever_proves_again_comes_back_to_the_page_and_is_told(page: str, back: bool) -> None:
    client = signin.proven(staff(), seconds_ago=601)
    url = reverse("admin:policy_approve", args=[7])
    answer = client.post(url, {"reason": "reads well"}, headers={"referer": page})
    went = parse_qs(urlsplit(answer["Location"]).query)["next"]
    assert went == [page.removeprefix("http://testserver") if back else "/"]
    assert "Not done yet" in client.get(answer["Location"]).content.decode()
