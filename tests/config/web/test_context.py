"""The frame: who sees which entries, and that it needs no database to say so."""

import pytest
from django.test import Client

from config.web import context
from tests.builders import signin
from tests.builders.governance import a_member, a_user

pytestmark = pytest.mark.django_db


def test_entries_show_once_the_second_factor_is_proven() -> None:
    user = a_member("board_member")
    proven = signin.proven(user).get("/").content.decode()
    assert '<a href="/" aria-current="page">Overview</a>' in proven
    assert "policy version 1" in proven
    assert user.name in proven
    page = signin.in_session(a_member("board_member")).get("/accounts/2fa/").content.decode()
    assert 'aria-label="Main"' not in page
    assert "Sign out" in page


def test_partners_see_nothing_of_ours() -> None:
    page = signin.proven(a_user(party="partners.partner:1")).get("/accounts/2fa/").content.decode()
    assert "Board" not in page
    assert ">Overview<" not in page


def test_nobody_signed_in_sees_no_version_of_the_policy() -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert "policy version" not in page
    assert "Sign out" not in page


def test_entries_of_pages_that_do_not_exist_are_left_out() -> None:
    assert context.address_of("nothing:here") is None
