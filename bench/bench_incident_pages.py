"""Pages and doors of incidents: the leaders' report, a long timeline, and a batch of signals."""

import itertools
import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

import django

django.setup()

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from bench.abba import compare
from bench.figures import Sheet
from governance import boundary
from governance.actions import enforcement_points
from governance.domain import actor as actors
from governance.domain.callers import Scope
from governance.models import Site
from incidents.actions import freezing
from incidents.domain import spans
from incidents.domain.durations import Metric
from incidents.models import Incident, Signal, TimelineEntry
from tests.builders.governance import a_member, a_site
from tests.builders.incidents import NOW, an_incident
from tests.builders.reported import recorded, scattered
from tests.builders.signals import a_signal
from tests.builders.signin import proven

Q2, Q3 = spans.parse("2026-Q2"), spans.parse("2026-Q3")
OPERATOR = actors.service("operator")
BATCH, ROUNDS = 500, 20
_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS bare_signal (id bigserial PRIMARY KEY, source text, event_id text,
    observed_at timestamptz, title text, body text, UNIQUE (source, event_id));
CREATE TEMP TABLE IF NOT EXISTS bare_alert (key text PRIMARY KEY, count int, last_seen timestamptz);
"""
_UPSERT = """
INSERT INTO bare_alert SELECT * FROM unnest(%s::text[], %s::int[], %s::timestamptz[])
ON CONFLICT (key) DO UPDATE SET count = bare_alert.count + excluded.count,
    last_seen = greatest(bare_alert.last_seen, excluded.last_seen)
"""
_number = itertools.count(1)


def milliseconds(work: Callable[[], object], *, times: int) -> list[float]:
    """Return how long each of ``times`` calls took, the first one left out."""
    work()
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return sorted(took)


def p95(took: list[float]) -> float:
    return took[min(len(took) - 1, int(len(took) * 0.95))]


def asked(client: Client, address: str) -> Callable[[], bytes]:
    def ask() -> bytes:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer.content

    return ask


def signed_in(role: str) -> Client:
    with boundary.acting(OPERATOR, at=timezone.now()), transaction.atomic():
        return proven(a_member(role, site=Site.objects.get(parent=None)))


def report(sheet: Sheet) -> None:
    """Ten sites, 5,000 incidents in the quarter, held against 1,000 of the one before."""
    with boundary.acting(OPERATOR, at=Q2.end), transaction.atomic():
        sites = [a_site(slug=f"bench-{number}") for number in range(10)]
        recorded(scattered(sites, 1_000, start=Q2.start, days=90, seed=1))
        recorded(scattered(sites, 5_000, start=Q3.start, days=91, seed=2, scale=0.6))
        freezing.freeze(
            metric=Metric.TTR,
            site=Site.objects.get(parent=None),
            window=Q2,
            target=0.6,
            judge_on=[date(2026, 9, 30)],
            by=OPERATOR,
            at=Q2.end,
        )
    client = signed_in("board_member")
    for name in ("report/", "report.csv", "report.json", "report.pdf"):
        took = milliseconds(asked(client, f"/incidents/{name}?period=2026-Q3"), times=5)
        sheet.figure(
            f"{name.strip('/')}: 10 sites, 5,000 incidents, worst of 5",
            took[-1] / 1000,
            "s",
            at_most=3,
        )
    site = milliseconds(asked(client, "/incidents/report/?period=2026-Q3&site=bench-1"), times=5)
    sheet.figure("report of one of the sites", site[-1] / 1000, "s", at_most=3)


def room(sheet: Sheet) -> None:
    """The room of an incident with 1,000 and with 10,000 entries, first page and one far back."""
    at = timezone.now() - timedelta(days=1)
    client = signed_in("incident_commander")
    for size, limit in ((1_000, 200.0), (10_000, 200.0)):
        with boundary.acting(OPERATOR, at=at), transaction.atomic():
            incident = an_incident(by=OPERATOR, at=at, site=a_site())
            _entries(incident, size)
        address = f"/incidents/{incident.reference}/"
        took = milliseconds(asked(client, address), times=60)
        name = f"room with {size:,} entries"
        sheet.figure(f"{name}: p95", p95(took), "ms", at_most=limit)
        sheet.figure(f"{name}: median", statistics.median(took), "ms")
        middle = TimelineEntry.objects.filter(incident=incident).order_by("id")[size // 2].pk
        took = milliseconds(asked(client, f"{address}?earlier={middle}"), times=40)
        sheet.figure(f"{name}: a page half way back, p95", p95(took), "ms", at_most=limit)
    took = milliseconds(asked(client, "/incidents/?state=all"), times=40)
    sheet.figure("list of incidents, p95", p95(took), "ms", at_most=200)


def _entries(incident: Incident, size: int) -> None:
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            incident=incident,
            kind="note",
            starts_at=incident.declared_at + timedelta(seconds=number),
            ends_at=incident.declared_at + timedelta(seconds=number),
            recorded_at=incident.declared_at + timedelta(seconds=number),
            author=OPERATOR.ref,
            text=f"Looked at host {number} of the line and found nothing new there",
        )
        for number in range(size)
    )


def events() -> list[dict[str, object]]:
    """Return a batch of new events that make forty alerts."""
    return [
        a_signal(
            id=f"bench-{next(_number)}",
            rule=f"rule-{place % 8}",
            asset=f"ws-{place % 5}",
            user="wardog",
            detail="C:\\Windows\\System32\\reg.exe query HKLM\\Software " * 6,
        )
        for place in range(BATCH)
    ]


def signals(sheet: Sheet) -> None:
    """A batch over the interface beside COPY and upsert into bare tables of the same server."""
    with boundary.acting(OPERATOR, at=timezone.now()), transaction.atomic():
        _, key = enforcement_points.admit(
            slug="bench-edr",
            name="EDR",
            scopes=[Scope.SIGNAL],
            rate=1_000_000,
            by=OPERATOR,
            at=timezone.now(),
        )
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
    client = Client(headers={"Authorization": f"Bearer {key}"})

    def ours() -> float:
        bodies = [json.dumps(events()).encode() for _ in range(ROUNDS)]
        begun = time.perf_counter()
        for body in bodies:
            answer = client.post("/api/v1/signals/batch", body, content_type="application/json")
            assert answer.json()["accepted"] == BATCH, answer.content[:300]
        return BATCH * ROUNDS / (time.perf_counter() - begun)

    def bare() -> float:
        batches = [events() for _ in range(ROUNDS)]
        begun = time.perf_counter()
        for batch in batches:
            _copied(batch)
        return BATCH * ROUNDS / (time.perf_counter() - begun)

    found = compare(bare, ours, pairs=4)
    sheet.figure("signals, bare COPY and upsert", found.a, "events/s")
    sheet.figure("signals over the interface, batches of 500", found.b, "events/s", at_least=3_000)
    sheet.figure("interface / bare", found.ratio, "x", at_least=0.2, note=found.note())
    sheet.figure("signals kept", float(Signal.objects.count()), "rows")
    took = milliseconds(
        lambda: client.post(
            "/api/v1/signals/batch", json.dumps(events()), content_type="application/json"
        ),
        times=40,
    )
    sheet.figure("event to alert, one batch of 500: p95", p95(took), "ms", at_most=1_000)


def _copied(batch: list[dict[str, object]]) -> None:
    counts: dict[str, int] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        with cursor.copy(
            "COPY bare_signal (source, event_id, observed_at, title, body) FROM STDIN"
        ) as copy:
            for one in batch:
                copy.write_row(
                    ("edr", one["id"], one["observed_at"], one["title"], json.dumps(one))
                )
                key = f"{one['rule']} {one['asset']}"
                counts[key] = counts.get(key, 0) + 1
        cursor.execute(_UPSERT, [list(counts), list(counts.values()), [NOW] * len(counts)])


PARTS = {"report": report, "room": room, "signals": signals}


def main() -> None:
    """Measure what is asked for."""
    sheet = Sheet("incident-pages")
    for name in os.environ.get("BENCH_PARTS", " ".join(PARTS)).split():
        PARTS[name](sheet)
    sheet.close()


if __name__ == "__main__":
    main()
