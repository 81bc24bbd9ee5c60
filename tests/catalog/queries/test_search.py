"""Looking for assets: by words, by pieces, by what is nearly so; in steps and within limits."""

from typing import Any

import pytest
from django.db import connection

from catalog.models import Asset
from catalog.queries import search
from tests.builders.catalog import NOW, a_column, an_asset

pytestmark = pytest.mark.django_db


def names(text: str) -> list[str]:
    found = search.find(Asset.objects.live(), text)
    keys = [hit.id for hit in found.hits]
    by_key = dict(Asset.objects.filter(pk__in=keys).values_list("pk", "name"))
    return [by_key[key] for key in keys]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("work_order", "work order"),
        ("WorkOrder", "work order"),
        ("HTTPServerName", "http server name"),
        ("line2fa", "line 2 fa"),
        ("größeÄnderung", "größe änderung"),
        ("a.b-c", "a b c"),
    ],
)
def test_names_are_cut_where_a_word_begins(text: str, words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalog_words(%s)", [text])
        assert cursor.fetchone() == (words,)


@pytest.mark.parametrize(
    "text",
    ["customer", "ship", "ShipTo", "ship_to_address", "shiptoaddress", "address customer", "ADDR"],
)
def test_words_of_name_and_path_are_found_by_their_beginning(text: str) -> None:
    table = an_asset(name="customer")
    a_column(table, name="ship_to_address")
    an_asset(name="machine")
    assert "ship_to_address" in names(text)
    assert "machine" not in names(text)


def test_a_description_is_found_and_stands_behind_names() -> None:
    an_asset(name="badge", description="who enters the paint shop")
    an_asset(name="paint_line")
    assert names("paint") == ["paint_line", "badge"]
    an_asset(name="endless", description="word " * 400_000)
    assert names("endless") == ["endless"]


def test_the_very_name_comes_first_and_a_table_before_its_columns() -> None:
    table = an_asset(name="order")
    column = a_column(table, name="order_number")
    an_asset(name="order_history")
    assert names("order") == ["order", "order_history", "order_number"]
    assert names(column.fqn)[0] == "order_number"


def test_pieces_of_words_are_found_after_words() -> None:
    an_asset(name="reorder")
    an_asset(name="order")
    assert names("order") == ["order", "reorder"]
    assert names("eorde") == ["reorder"]
    an_asset(name="100%_rate")
    assert names("00%_rat") == ["100%_rate"]


def test_a_slip_of_the_pen_finds_what_is_like_it_and_only_then() -> None:
    an_asset(name="customer")
    an_asset(name="passport_number")
    assert names("custmer") == ["customer"]
    assert names("pasport") == ["passport_number"]
    assert names("zebra") == []
    an_asset(name="custmer")
    assert names("custmer") == ["custmer"]


@pytest.mark.parametrize("text", ["%", "'", "\\", "a:* | b", "!", "&", "…", "<->", '"'])
def test_signs_are_no_language(text: str) -> None:
    an_asset(name="badge")
    assert names(text) == []


def test_more_than_can_be_ranked_is_said(monkeypatch: Any) -> None:
    for _ in range(3):
        an_asset(name="order")
    assert not search.find(Asset.objects.live(), "order").truncated
    monkeypatch.setattr(search, "MOST", 2)
    found = search.find(Asset.objects.live(), "order")
    assert (len(found.hits), found.truncated) == (2, True)


def test_only_the_rows_given_are_looked_at() -> None:
    mine, _ = an_asset(name="order"), an_asset(name="order")
    found = search.find(Asset.objects.filter(site=mine.site), "ordr")
    assert [hit.id for hit in found.hits] == [mine.pk]


def test_a_page_goes_on_behind_its_last_hit_even_when_that_is_gone() -> None:
    for number in range(5):
        an_asset(name=f"order_{number}")
    found = search.find(Asset.objects.live(), "order")
    first = found.after(None, 2)
    Asset.objects.filter(pk=first[1].id).update(gone_at=NOW)
    again = search.find(Asset.objects.live(), "order")
    assert again.after(first[1], 9) == found.after(first[1], 9)
    assert len(again.after(first[1], 9)) == 3
