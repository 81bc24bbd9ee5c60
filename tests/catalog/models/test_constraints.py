"""Each truth of the catalog's records, and a row that breaks it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from catalog.models import Edge
from tests.builders.catalog import NOW, a_column, a_label, a_run, an_asset
from tests.builders.governance import a_system

pytestmark = pytest.mark.django_db


def twice_in_its_system() -> None:
    asset = an_asset()
    an_asset(system=asset.system, source_key=asset.source_key)


def its_own_parent() -> None:
    asset = an_asset()
    asset.parent = asset
    asset.save()


def twice_by_a_source() -> None:
    label = a_label()
    a_label(label.asset)


def an_edge(**over: object) -> Edge:
    table = an_asset()
    fields = {"src": a_column(table), "dst": a_column(table), "kind": "foreign_key"}
    return Edge.objects.create(**{**fields, "first_seen_at": NOW, **over})


def an_edge_twice() -> None:
    edge = an_edge()
    an_edge(src=edge.src, dst=edge.dst)


EARLIER = NOW - timedelta(seconds=1)

BROKEN: dict[str, Callable[[], object]] = {
    "asset_kind_is_known": lambda: an_asset(kind="spreadsheet"),
    "asset_level_is_known": lambda: an_asset(level=4),
    "asset_criticality_is_one_to_five": lambda: an_asset(criticality=6),
    "asset_is_gone_after_it_was_seen": lambda: an_asset(gone_at=EARLIER),
    "asset_is_not_its_own_parent": its_own_parent,
    "asset_is_listed_once_in_its_system": twice_in_its_system,
    "edge_kind_is_known": lambda: an_edge(kind="rumor"),
    "edge_is_gone_after_it_was_seen": lambda: an_edge(gone_at=EARLIER),
    "edge_is_listed_once": an_edge_twice,
    "harvest_ends_after_it_begins": lambda: a_run(finished_at=EARLIER),
    "harvest_that_failed_changed_nothing": lambda: a_run(
        error="no answer", is_complete=False, new=1
    ),
    "harvest_in_part_removes_nothing": lambda: a_run(is_complete=False, gone=1),
    "label_is_or_is_not": lambda: a_label(polarity="maybe"),
    "label_level_is_known": lambda: a_label(level=4),
    "label_source_is_known": lambda: a_label(source="dream"),
    "label_confidence_is_a_share": lambda: a_label(confidence=1.1),
    "label_decision_has_who_and_when": lambda: a_label(status="accepted"),
    "label_by_a_person_has_a_reason": lambda: a_label(source="human"),
    "label_is_stated_once_by_a_source": twice_by_a_source,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_row_that_is_not_true_is_refused(name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        BROKEN[name]()


def test_the_same_rows_are_kept_when_they_are_true() -> None:
    an_edge(gone_at=NOW)
    a_label(status="rejected", actor="user:1", decided_at=NOW)
    a_run(system=a_system(), gone=3)
