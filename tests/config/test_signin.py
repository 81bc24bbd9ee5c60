"""Signing in from the first page to the last, and the ways it is refused."""

import re
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from governance import boundary
from governance.actions import people
from governance.domain import actor as actors
from governance.models import User
from tests.builders import signin
from tests.builders.governance import NOW, a_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits() -> None:
    signin.forget_limits()


@pytest.fixture
def user() -> User:
    return signin.with_password(a_member("administrator"))


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924")]
)
def test_codes_are_those_of_rfc_6238(at: int, code: str) -> None:
    """Appendix B, SHA-1, the last six of eight digits."""
    assert signin.totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at) == code


def test_from_the_password_to_the_recovery_codes(user: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = Client()
        assert signin.step_one(client, user)["Location"] == "/"  # type: ignore[index]
        assert client.get("/")["Location"] == "/accounts/2fa/?next=%2F"
        page = client.get("/accounts/2fa/totp/activate/")
        assert "The next code follows" in page.content.decode()
        secret = client.session["mfa.totp.secret"]
        confirming = {"code": signin.totp(secret)}
        done = client.post("/accounts/2fa/totp/activate/", confirming)
        asked = client.get(done["Location"])
        assert asked["Location"].startswith("/accounts/2fa/reauthenticate/?next=")
        page = client.get(asked["Location"])
        assert "recovery codes come next" in page.content.decode()

        proof = {**confirming, "next": "/accounts/2fa/recovery-codes/"}
        again = client.post("/accounts/2fa/reauthenticate/", proof)
        assert "used before. Wait for the next one" in again.content.decode()
        assert client.get("/").status_code == 302, "the confirming code proves nothing"

        clock.shift(30)
        shown = client.post("/accounts/2fa/reauthenticate/", proof | {"code": signin.totp(secret)})
        codes = client.get(shown["Location"])
        assert codes.status_code == 200
        assert codes.content.decode().count("<li><code>") == 10
        assert client.get("/").status_code == 200


def test_from_the_mailed_link_to_the_second_factor() -> None:
    """Whoever is invited has no password yet: the first one comes by mail."""
    user = a_member("steward", email="jana@example.org")
    client = Client()
    client.post("/accounts/password/reset/", {"email": "jana@example.org"})
    (link,) = re.findall(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", mail.outbox[0].body)
    form = client.get(link)["Location"]
    new = {"password1": signin.PASSWORD, "password2": signin.PASSWORD}
    assert client.post(form, new).status_code == 302
    user.refresh_from_db()
    assert signin.step_one(client, user)["Location"] == "/"  # type: ignore[index]
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


def test_who_came_for_a_page_is_led_on_to_it_after_enrollment(user: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = Client()
        signin.step_one(client, user)
        assert client.get("/catalog/?q=mes").status_code == 302
        client.get("/accounts/2fa/totp/activate/")
        secret = client.session["mfa.totp.secret"]
        client.post("/accounts/2fa/totp/activate/", {"code": signin.totp(secret)})
        clock.shift(30)
        proof = {"code": signin.totp(secret), "next": "/accounts/2fa/recovery-codes/"}
        shown = client.post("/accounts/2fa/reauthenticate/", proof)
        page = client.get(shown["Location"]).content.decode()
        assert '<a class="button do" href="/catalog/?q=mes">I have kept them: go on' in page


@time_machine.travel(NOW, tick=False)
def test_a_code_that_confirmed_one_app_confirms_no_other_of_that_account(user: User) -> None:
    """Two sessions enroll the same secret with the same code: the second is too late."""
    code = {"code": signin.totp(signin.SECRET)}
    sessions = []
    for _ in range(2):
        client = Client()
        signin.step_one(client, user)
        session = client.session
        session["mfa.totp.secret"] = signin.SECRET
        session.save()
        sessions.append(client)
    assert sessions[0].post("/accounts/2fa/totp/activate/", code).status_code == 302
    Authenticator.objects.filter(user=user).delete()
    page = sessions[1].post("/accounts/2fa/totp/activate/", code)
    assert "does not match" in page.content.decode()
    assert not Authenticator.objects.filter(user=user).exists()


@pytest.mark.django_db(transaction=True)
def test_seeing_the_recovery_codes_is_a_change_that_the_log_can_name() -> None:
    """allauth notes on a GET that they were seen; outside any transaction nobody would act."""
    client = signin.proven(signin.with_password(a_member("administrator")))
    client.post("/accounts/2fa/recovery-codes/generate/")
    shown = client.get("/accounts/2fa/recovery-codes/")
    assert shown.status_code == 200
    assert shown.content.decode().count("<li><code>") == 10


def test_the_secret_is_sealed_in_its_row(user: User) -> None:
    stored = signin.with_app(user).data["secret"]
    assert signin.SECRET not in stored
    assert stored.startswith("gAAAA")  # a Fernet token


def test_both_steps_let_somebody_in(user: User) -> None:
    signin.with_app(user)
    client = Client()
    first = signin.step_one(client, user)
    assert first["Location"] == "/accounts/2fa/authenticate/"  # type: ignore[index]
    assert "_auth_user_id" not in client.session
    client.post("/accounts/2fa/authenticate/", {"code": signin.totp(signin.SECRET)})
    assert client.get("/").status_code == 200


def test_a_wrong_code_says_how_many_tries_are_left(user: User) -> None:
    signin.with_app(user)
    client = Client()
    signin.step_one(client, user)
    page = client.post("/accounts/2fa/authenticate/", {"code": "no"}).content.decode()
    assert "This code does not match" in page
    assert "4 tries are left" in page
    assert 'aria-describedby="id_code_error"' in page


@time_machine.travel(NOW, tick=False)
def test_a_code_works_once(user: User) -> None:
    signin.with_app(user)
    code = signin.totp(signin.SECRET)
    first, second = Client(), Client()
    signin.step_one(first, user)
    first.post("/accounts/2fa/authenticate/", {"code": code})
    signin.step_one(second, user)
    page = second.post("/accounts/2fa/authenticate/", {"code": code}).content.decode()
    assert "used before. Wait for the next one" in page
    assert "_auth_user_id" not in second.session


def test_five_failures_pause_the_account(user: User) -> None:
    client = Client()
    for _ in range(5):
        signin.step_one(client, user, "wrong")
    page = signin.step_one(client, user)
    assert "pauses for 5 minutes" in page.content.decode()  # type: ignore[attr-defined]
    assert "_auth_user_id" not in client.session


def test_a_disabled_account_loses_its_session(user: User) -> None:
    client = signin.proven(user)
    assert client.get("/").status_code == 200
    operator = actors.service("operator")
    with boundary.acting(operator, at=NOW):
        people.disable(user, by=operator, at=NOW, reason="left")
    answer = client.get("/")
    assert answer.status_code in (302, 403)
    assert "_auth_user_id" not in client.session


def test_without_the_cache_nobody_is_waved_through(user: User, settings: Any) -> None:
    signin.with_app(user)
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    client = Client()
    answer = signin.step_one(client, user)
    assert answer.status_code == 503  # type: ignore[attr-defined]
    assert answer["Retry-After"] == "5"  # type: ignore[index]
    assert "_auth_user_id" not in client.session
    proof = signin.in_session(user)
    code = {"code": signin.totp(signin.SECRET)}
    assert proof.post("/accounts/2fa/reauthenticate/", code).status_code == 503
    assert proof.get("/").status_code == 302


def test_the_board_has_no_sign_in_of_its_own() -> None:
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    assert Client().get("/admin/")["Location"] == "/accounts/login/?next=%2Fadmin%2F"


def test_nobody_signs_up() -> None:
    page = Client().get("/accounts/signup/")
    assert "by invitation" in page.content.decode()


@pytest.mark.parametrize("path", ["email/", "confirm-email/x/", "password/set/", "login/code/"])
def test_pages_that_are_not_offered_do_not_exist(path: str, user: User) -> None:
    assert signin.proven(user).get(f"/accounts/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "login/",
        "logout/",
        "password/reset/",
        "password/reset/done/",
        "password/reset/key/x-y/",
        "password/reset/key/done/",
        "inactive/",
    ],
)
def test_pages_before_the_sign_in_have_one_heading(path: str) -> None:
    answer = Client().get(f"/accounts/{path}", follow=True)
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


@pytest.mark.parametrize(
    "path",
    [
        "2fa/",
        "2fa/reauthenticate/",
        "2fa/totp/deactivate/",
        "2fa/recovery-codes/generate/",
        "2fa/webauthn/",
        "2fa/webauthn/add/",
        "password/change/",
        "logout/",
    ],
)
def test_pages_after_the_sign_in_have_one_heading(path: str, user: User) -> None:
    answer = signin.proven(user).get(f"/accounts/{path}")
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


def test_a_recovery_code_proves_once(user: User) -> None:
    client = signin.proven(user)
    client.post("/accounts/2fa/recovery-codes/generate/")
    codes = Authenticator.objects.get(user=user, type="recovery_codes").wrap()
    (code, *_) = codes.get_unused_codes()
    other = signin.in_session(user)
    other.post("/accounts/2fa/reauthenticate/", {"code": code})
    assert other.get("/").status_code == 200
    again = signin.in_session(user)
    again.post("/accounts/2fa/reauthenticate/", {"code": code})
    assert again.get("/").status_code == 302
