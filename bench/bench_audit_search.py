"""What it costs an auditor to search the audit log as it grows: any filter, any page."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import django

django.setup()

from django.db import connection, connections

from bench.figures import Sheet
from governance.models import AuditEvent
from governance.queries import audit_entries, audit_paging, audit_search
from governance.queries.audit_search import Wanted
from tests.builders.audit_log import DAYS, NOW, RARE, fill

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 3
END = datetime.fromisoformat(NOW)


def words() -> dict[str, list[str]]:
    """Return for each column a frequent, a middling, a rare and an unknown value."""
    found = {}
    with connection.cursor() as cursor:
        for column in ("actor", "act", "object", "scope", "tenant"):
            cursor.execute(
                f"SELECT {column} FROM audit_event WHERE cluster > 0 AND {column} <> ''"
                f" GROUP BY 1 ORDER BY count(*) DESC, 1"
            )
            values = [value for (value,) in cursor.fetchall()]
            found[column] = [values[0], values[len(values) // 4], RARE[column], "no:such"]
        cursor.execute("SELECT request_id FROM audit_event ORDER BY id LIMIT 1 OFFSET 5000")
        found["request"] = [cursor.fetchone()[0], "none-such"]
    return found


def ranges(share: float) -> Iterator[dict[str, datetime]]:
    """Yield the last hour, the first day, the middle fifth, all but the newest tenth, a minute."""
    span = timedelta(days=DAYS) * share
    begun = END - timedelta(days=DAYS)
    end = begun + span
    yield {"since": end - timedelta(hours=1)}
    yield {"until": begun + timedelta(days=1)}
    yield {"since": end - span * 0.6, "until": end - span * 0.4}
    yield {"until": end - span * 0.1}
    yield {"since": end - span * 0.5, "until": end - span * 0.5 + timedelta(minutes=1)}


def cases(share: float = 1) -> Iterator[tuple[str, Wanted]]:
    """Yield each filter alone, with each range of time, and with each other filter."""
    values = words()
    single = [{name: value} for name, some in values.items() for value in some]
    single += [{"outcome": "denied"}, {"outcome": "ok"}, {"act": "app1:*"}, {"act": "app*"}, {}]
    for show in (audit_search.ACTS, audit_search.ENTRIES):
        for one in single:
            yield "+".join(one) or "nothing", Wanted(show=show, **one)
            for times in ranges(share):
                yield "+".join([*one, "time"]), Wanted(show=show, **one, **times)
            for other in single:
                if min(other, default="") > min(one, default=""):
                    yield "+".join([*one, *other]), Wanted(show=show, **one, **other)


def search(wanted: Wanted, before: int) -> audit_paging.Page:
    """Do what a page of the list does in the database."""
    page = audit_paging.page(AuditEvent.objects.all(), wanted, before=before)
    audit_entries.read(page.rows, is_folded=wanted.is_folded)
    return page


def measure(sheet: Sheet, size: int) -> float:
    times: dict[str, list[float]] = {}
    worst = (0.0, "")
    top = AuditEvent.objects.order_by("-id").values_list("id", flat=True)[0]
    for name, wanted in cases(size / SIZES[-1]):
        # The first page, and one far back.
        for before in (0, top - size // 2):
            took = []
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                search(wanted, before)
                took.append((time.perf_counter() - begun) * 1000)
            times.setdefault(name, []).extend(took)
            worst = max(worst, (sorted(took)[1], f"{wanted.words()} before {before}"))
    everything = [one for some in times.values() for one in some]
    label = f"{size:,} entries"
    for name, some in sorted(times.items(), key=lambda item: p95(item[1]))[-6:]:
        sheet.figure(f"{label}: p95 of {name}", p95(some), "ms", at_most=200)
    overall = p95(everything)
    sheet.figure(f"{label}: p95 of all {len(everything):,} searches", overall, "ms", at_most=200)
    sheet.figure(f"{label}: slowest median", worst[0], "ms", at_most=200, note=worst[1])
    return overall


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def main() -> None:
    """Measure at each size; the log only grows, so each adds to the one before."""
    sheet = Sheet("audit_search")
    first, before = 0.0, 0
    for size in SIZES:
        fill(size, first=before, of=SIZES[-1], using="owner")
        with connections["owner"].cursor() as cursor:
            cursor.execute("VACUUM ANALYZE audit_event")
        before = size
        latest = measure(sheet, size)
        first = first or latest
    sheet.figure("growth of the p95, 10,000 to 1,000,000 entries", latest / first, "x", at_most=10)
    sheet.close()


if __name__ == "__main__":
    main()
