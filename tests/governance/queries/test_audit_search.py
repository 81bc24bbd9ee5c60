"""Searching a log of 20,000 entries: what is found, and that nothing is read in vain."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.models import AuditEvent
from governance.queries import audit_entries, audit_export, audit_paging, audit_search
from governance.queries.audit_search import Wanted
from tests.builders import audit_log
from tests.builders.audit_log import RARE

pytestmark = pytest.mark.django_db
ROWS = 20_000
END = datetime.fromisoformat(audit_log.NOW)


@pytest.fixture
def filled() -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        audit_log.fill(ROWS)
        cursor.execute("SELECT brin_summarize_new_values('audit_by_request')")
        cursor.execute("SET ROLE wardroom_app")


def plan(rows: Any) -> str:
    sql, params = rows.values("id")[:51].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        return json.dumps(cursor.fetchone()[0])


FILTERS: list[dict[str, Any]] = [
    {},
    {"actor": RARE["actor"]},
    {"actor": "service:scheduler"},
    {"act": RARE["act"]},
    {"act": "app1:*"},
    {"object": RARE["object"]},
    {"object": "no:such"},
    {"scope": RARE["scope"]},
    {"scope": "no:such"},
    {"scope": "*"},
    {"tenant": RARE["tenant"]},
    {"outcome": "denied"},
    {"outcome": "denied", "actor": "service:scheduler"},
    {"request": "no such"},
    {"since": END - timedelta(hours=12)},
    {"until": END - timedelta(days=399)},
    {"actor": "service:scheduler", "until": END - timedelta(days=399)},
    {"scope": "*", "outcome": "denied", "since": END - timedelta(days=10)},
]


@pytest.mark.parametrize("show", ["acts", "entries"])
def test_no_filter_reads_the_whole_log(filled: None, show: str) -> None:
    for wanted in FILTERS:
        found = plan(audit_search.matching(AuditEvent.objects.all(), Wanted(show=show, **wanted)))
        assert "Seq Scan" not in found, wanted


def test_the_entries_of_a_request_are_found_by_the_summary(filled: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute("EXPLAIN SELECT id FROM audit_event WHERE request_id = 'x'")
        assert "audit_by_request" in str(cursor.fetchall())
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = 'audit_of_request'")
        assert {"enable_seqscan=off", "enable_indexscan=off"} <= set(cursor.fetchone()[0])


def rows_of(**wanted: Any) -> list[int]:
    found = audit_search.matching(AuditEvent.objects.all(), Wanted(show="entries", **wanted))
    return list(found.values_list("id", flat=True))


@pytest.mark.parametrize("days", [0.5, 3, 200, 399.5, 500])
def test_a_range_of_times_finds_exactly_what_lies_in_it(filled: None, days: float) -> None:
    since, until = END - timedelta(days=days), END - timedelta(days=days / 2)
    expected = AuditEvent.objects.filter(recorded_at__gte=since, recorded_at__lt=until)
    keys = list(expected.order_by("-id").values_list("id", flat=True))
    assert rows_of(since=since, until=until) == keys


def test_an_entry_dated_a_little_before_its_neighbors_is_not_lost() -> None:
    """Ids are given a moment before times: two sessions may take them crosswise."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        audit_log.fill(300)
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE audit_event SET recorded_at = recorded_at - interval '50 s'"
            " WHERE id = (SELECT max(id) - 150 FROM audit_event) RETURNING id, recorded_at"
        )
        key, moment = cursor.fetchone()
        cursor.execute("SET ROLE wardroom_app")
    assert key in rows_of(since=moment, until=moment + timedelta(seconds=1))


def test_each_value_finds_its_entries_and_no_other(filled: None) -> None:
    for column, value in RARE.items():
        expected = AuditEvent.objects.filter(**{column: value}).order_by("-id")
        assert rows_of(**{column: value}) == list(expected.values_list("id", flat=True)), column
    assert RARE["scope"] in audit_search.scopes()
    assert RARE["tenant"] in audit_search.tenants()
    assert {RARE["act"], "governance:measure:sample"} <= set(audit_search.acts())
    request = AuditEvent.objects.order_by("id").values_list("request_id", flat=True)[9000]
    assert len(rows_of(request=request)) == 6


def test_pages_by_key_go_through_everything_once_and_back(filled: None) -> None:
    everything, wanted = AuditEvent.objects.all(), Wanted(outcome="denied")
    keys, before = [], 0
    while True:
        page = audit_paging.page(everything, wanted, before=before, size=10)
        keys += [row["id"] for row in page.rows]
        if page.older is None:
            break
        before = page.older
    rows = audit_search.matching(everything, wanted)
    assert keys == list(rows.values_list("id", flat=True))
    back = audit_paging.page(everything, wanted, after=keys[20], size=10)
    assert [row["id"] for row in back.rows] == keys[10:20]


CROSSED: list[dict[str, Any]] = [
    {"act": "app*", "actor": "service:scheduler"},
    {"act": "app*", "actor": RARE["actor"]},
    {"act": "governance:*", "actor": "service:scheduler", "show": "entries"},
    {"act": "row:*", "actor": "service:harvester", "outcome": "ok"},
    {"act": RARE["act"], "scope": RARE["scope"]},
    {"actor": "service:harvester", "scope": "*", "tenant": "own"},
    {"object": RARE["object"], "act": "row:*", "since": END - timedelta(days=390)},
]


@pytest.mark.parametrize("span", [7, 900, 50_000])
def test_filters_that_cross_find_the_same_in_any_span(
    filled: None, monkeypatch: pytest.MonkeyPatch, span: int
) -> None:
    monkeypatch.setattr(audit_paging, "SPAN", span)
    everything = AuditEvent.objects.all()
    for words in CROSSED:
        wanted = Wanted(**words)
        keys = list(audit_search.matching(everything, wanted).values_list("id", flat=True)[:60])
        page = audit_paging.page(everything, wanted, size=20)
        found = [row["id"] for row in page.rows]
        assert found == keys[:20], words
        assert (page.older is not None) == (len(keys) > 20), words
        if page.older:
            more = audit_paging.page(everything, wanted, before=page.older, size=20)
            assert [row["id"] for row in more.rows] == keys[20:40], words
            assert more.newer is not None
            back = audit_paging.page(everything, wanted, after=more.newer, size=20)
            assert [row["id"] for row in back.rows] == keys[:20], words


def test_filters_that_seldom_meet_read_no_entry_in_vain(
    filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler did a third of everything, but nothing of the applications."""
    monkeypatch.setattr(audit_paging, "SPAN", 500)
    wanted = Wanted(act="app*", actor="service:scheduler")
    with CaptureQueriesContext(connection) as queries:
        assert audit_paging.page(AuditEvent.objects.all(), wanted, before=10**9).rows == []
    far = next(one["sql"] for one in queries if '"id" + 0' in one["sql"])
    with connection.cursor() as cursor:
        cursor.execute(audit_paging._BITMAPS)
        cursor.execute(f"EXPLAIN {far}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("SHOW enable_indexscan")
        assert cursor.fetchone() == ("off",)
        cursor.execute(audit_paging._AS_BEFORE)
        cursor.execute("SHOW enable_indexscan")
        assert cursor.fetchone() == ("on",)
    assert "BitmapAnd" in plan
    assert {"audit_event_by_act", "audit_event_by_actor"} <= set(plan.split())


def test_an_act_of_many_is_folded_with_its_share_said(filled: None) -> None:
    wanted = Wanted(act=RARE["act"], actor=RARE["actor"])
    found = audit_paging.page(AuditEvent.objects.all(), wanted).rows
    entries = audit_entries.read(found, is_folded=True)
    assert [one.fold.text for one in entries if one.fold] == ["1 act, 2 row changes"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert audit_export.cell(text) == f"'{text}"
    assert audit_export.cell("a=1") == "a=1"


def test_a_capped_file_says_so(filled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_export, "CAP", 30)
    monkeypatch.setattr(audit_export, "BATCH", 7)
    rows = audit_search.matching(AuditEvent.objects.all(), Wanted(show="entries"))
    assert audit_export.is_capped(rows)
    table = "".join(audit_export.as_csv(rows, capped=True)).splitlines()
    assert len(table) == 32
    assert table[-1].startswith("Only the newest 30 entries are here")
    document = json.loads("".join(audit_export.as_json(rows, capped=True)))
    assert document["notice"].startswith("Only the newest 30")
    assert [one["id"] for one in document["entries"]] == rows_of()[:30]
    assert len("".join(audit_export.as_ocsf(rows, capped=True)).splitlines()) == 30
    few = audit_search.matching(AuditEvent.objects.all(), Wanted(act=RARE["act"]))
    assert not audit_export.is_capped(few)
