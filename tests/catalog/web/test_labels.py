"""Labels on the page of an asset: why, from where, and how to correct them."""

from datetime import datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.actions import settling
from catalog.models import Asset, Edge, LabelAssertion
from tests.builders.catalog import NOW, a_column, a_label, an_asset
from tests.builders.governance import a_member
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


@pytest.fixture
def columns(at: datetime) -> tuple[Asset, Asset]:
    """A column of e-mail addresses, and a hash of it in another system."""
    source = a_column(an_asset(name="badge"), name="email")
    target = a_column(an_asset(name="report"), name="token")
    Edge.objects.create(src=source, dst=target, kind="direct", mask="hash", first_seen_at=NOW)
    a_label(source, category="user.contact.email", evidence=["email"])
    settling.label_assets([source.pk], at=at)
    return source, target


def text(client: Client, asset: Asset) -> str:
    return unescape(client.get(reverse("catalog:asset", args=[asset.pk])).content.decode())


def send(client: Client, name: str, asset: Asset, *more: int, **fields: str) -> str:
    url = reverse(f"catalog:{name}", args=[asset.pk, *more])
    return unescape(client.post(url, fields, follow=True).content.decode())


def test_the_page_tells_why_and_by_which_way_a_label_came(
    steward: Client, columns: tuple[Asset, Asset]
) -> None:
    source, target = columns
    assert "Name: email." in text(steward, source)
    page = text(steward, target)
    assert "What flowed in" in page
    assert "user.unique_id.pseudonymous" in page
    assert source.fqn in page
    assert "masked: hash" in page


def test_a_way_through_what_one_may_not_see_is_not_named(
    columns: tuple[Asset, Asset],
) -> None:
    source, target = columns
    page = text(proven(a_member("steward", site=target.site)), target)
    assert "an asset that you may not see" in page
    assert source.fqn not in page


def test_a_stated_label_tells_how_much_changed_below(
    steward: Client, columns: tuple[Asset, Asset]
) -> None:
    source, target = columns
    page = send(
        steward,
        "state_label",
        source,
        level="internal",
        category="user.financial",
        reason="accounts",
    )
    assert "1 asset below changed." not in page, "a hash hides which category it was"
    assert "0 assets below changed." in page
    Edge.objects.update(mask="")
    page = send(
        steward, "state_label", source, level="restricted", category="x.process", reason="recipes"
    )
    assert "1 asset below changed." in page
    target.refresh_from_db()
    assert target.level == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"level": "secret", "reason": "x"},
        {"level": "internal", "category": "user..x", "reason": "x"},
        {"level": "internal", "reason": " "},
        {},
    ],
)
def test_a_label_that_says_nothing_changes_nothing(
    steward: Client, columns: tuple[Asset, Asset], fields: dict[str, str]
) -> None:
    assert "Nothing was changed." in send(steward, "state_label", columns[0], **fields)
    assert not LabelAssertion.objects.filter(source="human").exists()


def test_a_lowering_waits_for_a_second_person(
    steward: Client, columns: tuple[Asset, Asset], at: datetime
) -> None:
    source, _ = columns
    until = f"{timezone.now().date() + timedelta(days=30):%Y-%m-%d}"
    page = send(
        steward, "lower_label", source, what="category:user", until=until, reason="machines"
    )
    assert "It waits for a second person" in page
    row = LabelAssertion.objects.get(polarity="is_not")
    assert "Lower it" not in text(steward, source)
    assert "second person" in send(steward, "decide_label", source, row.pk, verdict="accept")
    row.refresh_from_db()
    assert row.status == "proposed"
    other = proven(a_member("data_owner"))
    assert "Lower it" in text(other, source)
    page = send(other, "decide_label", source, row.pk, verdict="accept")
    assert "1 asset below changed." in page
    source.refresh_from_db()
    assert not source.is_personal


@pytest.mark.parametrize(
    "over", [{"until": "soon"}, {"until": "2020-01-01"}, {"what": ""}, {"what": "level:none"}]
)
def test_a_lowering_that_says_too_little_changes_nothing(
    steward: Client, columns: tuple[Asset, Asset], over: dict[str, str]
) -> None:
    until = f"{timezone.now().date() + timedelta(days=30):%Y-%m-%d}"
    fields = {"what": "category:user", "until": until, "reason": "x", **over}
    assert "Nothing was changed." in send(steward, "lower_label", columns[0], **fields)


def test_accepting_all_of_a_table_lowers_nothing(
    steward: Client, columns: tuple[Asset, Asset]
) -> None:
    source, _ = columns
    row = a_label(
        source,
        category="user",
        source="human",
        polarity="is_not",
        proposed_by="user:1",
        reason="x",
        expires_at=NOW + timedelta(days=3650),
    )
    assert source.parent is not None
    send(steward, "decide", source.parent, all="yes", verdict="accept")
    row.refresh_from_db()
    assert row.status == "proposed"


def test_whoever_only_reads_gets_no_forms(columns: tuple[Asset, Asset]) -> None:
    auditor = proven(a_member("auditor"))
    page = text(auditor, columns[0])
    assert "Name: email." in page
    assert "Correct its label" not in page
    url = reverse("catalog:lower_label", args=[columns[0].pk])
    fields = {"what": "category:user", "until": "2099-01-01", "reason": "x"}
    assert auditor.post(url, fields).status_code == 403


def test_a_pending_label_says_so(steward: Client, columns: tuple[Asset, Asset]) -> None:
    Asset.objects.filter(pk=columns[1].pk).update(is_pending=True)
    assert "is being worked out" in text(steward, columns[1])
