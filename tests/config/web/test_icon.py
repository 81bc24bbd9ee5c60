"""``/favicon.ico``."""

from django.test import Client


def test_the_mark_is_found_where_browsers_ask_for_it(db: None) -> None:
    answer = Client().get("/favicon.ico")
    assert answer.status_code == 302
    assert answer["Location"].endswith("icon.svg")
