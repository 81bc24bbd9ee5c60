"""The catalog on the board: proposals decided many at once, with a reason, in one act."""

import pytest
from django.test import Client

from catalog.models import Asset, LabelAssertion
from governance.models import AuditEvent
from tests.builders.catalog import a_column, a_label, a_run, an_asset
from tests.builders.governance import a_member
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db
LABELS = "/admin/catalog/labelassertion/"


@pytest.fixture
def board() -> Client:
    return proven(a_member("board_member"))


def choose(client: Client, url: str, action: str, rows: list[int], reason: str = "") -> str:
    response = client.post(
        url, {"action": action, "_selected_action": rows, "reason": reason}, follow=True
    )
    assert response.status_code == 200
    return response.content.decode()


def two_labels() -> list[int]:
    table = an_asset()
    return [a_label(a_column(table)).pk for _ in range(2)]


def test_each_list_opens(board: Client) -> None:
    a_label()
    a_run()
    for name in ("asset", "labelassertion", "harvestrun"):
        assert board.get(f"/admin/catalog/{name}/").status_code == 200


def test_proposals_are_accepted_together(board: Client) -> None:
    rows = two_labels()
    assert "2 labels accepted" in choose(board, LABELS, "accept", rows)
    assert LabelAssertion.objects.filter(pk__in=rows, status="accepted").count() == 2
    assert AuditEvent.objects.filter(act="catalog:label:decide").count() == 1


def test_a_rejection_without_reason_changes_nothing(board: Client) -> None:
    rows = two_labels()
    assert "A rejection needs a reason." in choose(board, LABELS, "reject", rows)
    assert not LabelAssertion.objects.exclude(status="proposed").exists()
    choose(board, LABELS, "reject", rows, "no persons")
    assert LabelAssertion.objects.filter(status="rejected", reason="no persons").count() == 2


def test_whoever_may_not_decide_is_told_so_and_nothing_changes() -> None:
    rows = two_labels()
    page = choose(proven(a_member("auditor")), LABELS, "accept", rows)
    assert "Nothing was changed." in page
    assert not LabelAssertion.objects.exclude(status="proposed").exists()


def test_assets_are_marked_as_gone_with_a_reason() -> None:
    asset = an_asset()
    owner = proven(a_member("data_owner"))
    choose(owner, "/admin/catalog/asset/", "retire", [asset.pk])
    assert Asset.objects.live().filter(pk=asset.pk).exists()
    choose(owner, "/admin/catalog/asset/", "retire", [asset.pk], "scrapped")
    assert not Asset.objects.live().filter(pk=asset.pk).exists()


def test_nothing_is_edited_by_hand(board: Client) -> None:
    asset = an_asset()
    assert board.get("/admin/catalog/asset/add/").status_code == 403
    page = board.get(f"/admin/catalog/asset/{asset.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
