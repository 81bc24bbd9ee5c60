"""From the one-time password to the overview, as a person does it."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import expect

from governance.models import User
from tests.builders import signin
from tests.builders.governance import a_member
from tests.e2e.conftest import Visit, next_code

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Check = Callable[[], list[str]]


@pytest.fixture
def user(visit: Visit) -> User:
    return a_member(
        "board_member", email="mary@example.org", password=make_password(signin.PASSWORD)
    )


def enter_password(visit: Visit, user: User) -> None:
    visit.go("/")
    visit.page.get_by_label("Work email").fill(str(user.email))
    visit.page.get_by_label("Password").fill(signin.PASSWORD)
    visit.page.get_by_role("button", name="Continue").click()


def code_of(visit: Visit) -> str:
    return str(visit.page.locator("code.key").inner_text())


def test_first_sign_in_enrolls_a_second_factor(visit: Visit, user: User, faces: Check) -> None:
    page = visit.page
    visit.go("/")
    expect(page).to_have_title("Sign in · Wardroom")
    assert faces() == []
    enter_password(visit, user)
    expect(page.get_by_role("heading", name="How you sign in")).to_be_visible()
    assert faces() == []
    page.get_by_role("link", name="Set up an authenticator app").click()
    assert faces() == []
    secret = code_of(visit)
    page.get_by_label("6 digits").fill("000000")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("This code does not match")).to_be_visible()
    assert code_of(visit) == secret
    page.get_by_label("6 digits").fill(signin.fresh_totp(secret))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Your recovery codes come next")).to_be_visible()
    assert faces() == []
    page.get_by_label("6 digits").fill(next_code(visit, secret))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    assert faces() == []
    page.get_by_role("link", name=re.compile("go to the overview")).click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert faces() == []


def test_the_keyboard_alone_signs_in_and_out(visit: Visit, user: User) -> None:
    signin.with_app(user)
    page = visit.page
    visit.go("/accounts/login/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(str(user.email))
    page.keyboard.press("Tab")
    page.keyboard.type(signin.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Step 2 of 2")).to_be_visible()
    page.get_by_label("6 digits").focus()
    page.keyboard.type(signin.fresh_totp(signin.SECRET))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_security_key_is_enrolled_and_proves(visit: Visit, user: User, faces: Check) -> None:
    page = visit.page
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    protocol.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasResidentKey": False,
                "hasUserVerification": False,
                "isUserVerified": False,
            }
        },
    )
    enter_password(visit, user)
    page.get_by_role("link", name="Add a security key").click()
    assert faces() == []
    page.get_by_label("Name, so that you know it again").fill("Blue key")
    page.get_by_role("button", name="Add the key").click()
    expect(page.get_by_role("heading", name="Use your security key")).to_be_visible()
    assert faces() == []
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
    visit.go("/accounts/2fa/")
    expect(page.get_by_text("Blue key")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    enter_password(visit, user)
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_pages_that_change_the_sign_in_are_sound(visit: Visit, user: User, faces: Check) -> None:
    signin.with_app(user)
    page = visit.page
    enter_password(visit, user)
    assert faces() == []
    page.get_by_label("6 digits").fill(signin.fresh_totp(signin.SECRET))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    found = []
    for path in (
        "2fa/",
        "2fa/reauthenticate/",
        "2fa/totp/deactivate/",
        "2fa/recovery-codes/generate/",
        "2fa/webauthn/",
        "password/change/",
        "logout/",
    ):
        visit.go(f"/accounts/{path}")
        found += [f"{path} {line}" for line in faces()]
    assert found == []
