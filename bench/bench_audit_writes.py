"""What the audit log costs a write: bare SQL and a hash chain beside it, on a durable server."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from bench.abba import compare, repeatable
from bench.durable import on_durable_servers, pgbench, superuser

on_durable_servers(__file__)

import django

django.setup()

from django.db import transaction

from bench.figures import Sheet
from catalog.models import Asset
from governance import boundary
from governance.domain import actor as actors
from governance.models import User
from tests.builders.catalog import NOW
from tests.builders.governance import a_system, a_user

SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
ROWS = 10_000
# Variables of pgbench: a colon within a constant would be taken for one.
SAID = {
    "actor": "service:bench",
    "act": "catalog:asset:assign",
    "request": "7b743b02c0bd4f6a8bee3c4a20c3010e",
    "moment": "2026-11-17T09:45:00+00:00",
    "facts": '{"assets": 1, "owner": "user:7d743b02-c0bd-4f6a-8bee-3c4a20c3010e"}',
}
NAME = (
    "SELECT set_config('app.actor', :actor, true), set_config('app.request_id', :request, true),"
    " set_config('app.at', :moment, true), set_config('app.tenant', 'own', true);"
)
CHANGE = (
    "UPDATE catalog_asset a SET stated_owner_id = u.id, owner_id = u.id FROM bench_owner u"
    " WHERE a.id = :first + :n::bigint AND u.n = :o::int;"
)
EVENT = (
    "INSERT INTO audit_event (occurred_at, tenant, scope, actor, act, cause, object, outcome,"
    " request_id, body) VALUES (:moment, 'own', '', :actor, :act, '',"
    " 'catalog.asset.' || (:first + :n::bigint), 'ok', :request, :facts);"
)
WORK = "SELECT pg_sleep(0.005);"
CHAIN = "SELECT bench_chain('catalog.asset.' || (:first + :n::bigint));"
DRAW = f"\\set n random(0, {ROWS - 1})\n\\set o random(0, 7)\n"


def fill() -> int:
    """Make assets and owners to give them; return the key of the first asset."""
    with boundary.acting(actors.service("bench"), at=NOW), transaction.atomic():
        system = a_system(slug="bench-system")
        owners = [a_user() for _ in range(8)]
        Asset.objects.bulk_create(
            Asset(
                system=system,
                site=system.site,
                kind="table",
                name=f"table_{n}",
                fqn=f"plant.mes.table_{n}",
                source_key=f"1/{n}",
                fingerprint="0" * 64,
                first_seen_at=NOW,
                description="What stands in it, in a sentence.",
            )
            for n in range(ROWS)
        )
    with superuser() as session:
        session.execute("CREATE TABLE bench_owner (n int PRIMARY KEY, id uuid)")
        for n, owner in enumerate(owners):
            session.execute("INSERT INTO bench_owner VALUES (%s, %s)", (n, owner.pk))
        session.execute("GRANT SELECT ON bench_owner TO wardroom_app")
        session.execute("VACUUM ANALYZE catalog_asset")
    assert User.objects.exists()
    first = Asset.objects.filter(system=system).order_by("pk").values_list("pk", flat=True).first()
    assert first is not None
    return first


def chain() -> None:
    """A hash chain as it is commonly built: each entry hashes the one before, under a lock."""
    with superuser() as session:
        session.execute(
            "CREATE TABLE bench_link (id bigserial PRIMARY KEY, event text, hash bytea)"
        )
        session.execute(
            """CREATE FUNCTION bench_chain(event text) RETURNS void LANGUAGE plpgsql
            SECURITY DEFINER AS $$ BEGIN
              PERFORM pg_advisory_xact_lock(42);
              INSERT INTO bench_link (event, hash) SELECT event, sha256(convert_to(event, 'UTF8')
                || coalesce((SELECT hash FROM bench_link ORDER BY id DESC LIMIT 1), ''));
            END $$"""
        )


def load(first: int, writers: int, *statements: str) -> float:
    """Return transactions per second of ``writers`` that each repeat ``statements``."""
    text = DRAW + "\n".join(["BEGIN;", NAME, *statements, "COMMIT;"])
    with tempfile.TemporaryDirectory() as place:
        script = Path(place) / "script"
        script.write_text(text.replace(":first", str(first)))
        words = [str(pgbench()), "-n", "-M", "prepared", "-f", str(script), "-c", str(writers)]
        words += [word for name, value in SAID.items() for word in ("-D", f"{name}={value}")]
        words += ["-j", "1", "-T", f"{SECONDS:g}", os.environ["DATABASE_URL"]]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])


def watched(on: bool) -> None:
    """Switch the row triggers of the table that is written."""
    state = "ENABLE ALWAYS" if on else "DISABLE"
    with superuser() as session:
        for name in ("audit_row", "audit_row_update"):
            session.execute(f"ALTER TABLE catalog_asset {state} TRIGGER {name}")


class Arms:
    """The loads that are compared, for a number of writers."""

    def __init__(self, first: int, writers: int) -> None:
        self._first, self._writers = first, writers

    def plain(self) -> float:
        watched(on=False)
        try:
            return load(self._first, self._writers, CHANGE)
        finally:
            watched(on=True)

    def row(self, *work: str) -> float:
        return load(self._first, self._writers, CHANGE, *work)

    def audited(self) -> float:
        return load(self._first, self._writers, CHANGE, EVENT)

    def chained(self, *work: str) -> float:
        return load(self._first, self._writers, CHANGE, CHAIN, *work)


def audited(sheet: Sheet, arms: Arms, what: str, *, target: float) -> None:
    found = compare(arms.plain, arms.audited)
    sheet.figure(f"{what}: unaudited", found.a, "tx/s")
    sheet.figure(f"{what}: audited", found.b, "tx/s")
    sheet.figure(
        f"{what}: audited / unaudited", found.ratio, "x", at_least=target, note=found.note()
    )
    found = compare(arms.plain, arms.row)
    sheet.figure(f"{what}: row event alone / unaudited", found.ratio, "x", note=found.note())


def chained(sheet: Sheet, arms: Arms, what: str, *work: str, target: float | None = None) -> None:
    found = compare(lambda: arms.chained(*work), lambda: arms.row(*work))
    sheet.figure(f"{what}: hash chain", found.a, "tx/s")
    sheet.figure(f"{what}: tree / hash chain", found.ratio, "x", at_least=target, note=found.note())


def main() -> None:
    """Measure 8 and 32 writers."""
    sheet = Sheet("audit-writes")
    with superuser() as session:
        for name in ("fsync", "synchronous_commit"):
            value = session.execute(f"SHOW {name}").fetchone()
            assert value == ("on",), f"{name} is {value}"
    first = fill()
    chain()
    for text in (NAME, CHANGE, EVENT):
        print("  statement: " + text)
    eight, many = Arms(first, 8), Arms(first, 32)
    repeatable(sheet, "audited, 8 writers", eight.audited)
    audited(sheet, eight, "bare SQL, 8 writers", target=0.45)
    audited(sheet, many, "bare SQL, 32 writers", target=0.45)
    chained(sheet, many, "32 writers", target=8)
    chained(sheet, many, "32 writers, 5 ms of work", WORK)
    sheet.close()


if __name__ == "__main__":
    main()
