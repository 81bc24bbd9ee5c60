"""Snapshot files: every planted kind of drift is found and nothing else; bad files keep nothing."""

import csv
import io
import json
import resource
import sys
import time
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection

from governance import boundary
from governance.actions import importing_snapshots
from governance.actions.importing_snapshots import BadSnapshot
from governance.domain.actor import Actor
from governance.domain.drift import Kind
from governance.errors import BadInput, NotAllowed
from governance.models import (
    AccessRequest,
    DriftFinding,
    GovernedSystem,
    Grant,
    ObservedGrant,
    PrincipalAlias,
    Snapshot,
    SodRule,
)
from tests import evidence
from tests.builders.governance import a_system, a_user

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]

HEADER = [
    "principal",
    "entitlement",
    "scope",
    "via",
    "is_privileged",
    "can_login",
    "has_mfa",
    "granted_at",
    "last_used",
]
Row = dict[str, str]


def row(principal: str, entitlement: str = "read", scope: str = "gl.journal", **over: str) -> Row:
    return {"principal": principal, "entitlement": entitlement, "scope": scope, **over}


def as_csv(rows: list[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def take(system: GovernedSystem, body: bytes, *, by: Actor, at: datetime, name: str = "erp.csv"):
    return importing_snapshots.take(system, BytesIO(body), name=name, by=by, at=at)


def approve(system: GovernedSystem, rows: list[Row], *, at: datetime, days: int = 90) -> None:
    Grant.objects.bulk_create(
        Grant(
            system=system,
            principal=one["principal"],
            entitlement=one["entitlement"],
            scope=one["scope"],
            valid_from=at - timedelta(days=days + 1),
            valid_to=at - timedelta(days=1) if days < 10 else at + timedelta(days=90),
            approved_by="user:1",
            reason="test",
        )
        for one in rows
    )


def found(system: GovernedSystem) -> set[tuple[str, str]]:
    rows = DriftFinding.objects.lasting().filter(system=system)
    return {(kind, principal) for kind, principal in rows.values_list("kind", "principal")}


def planted(system: GovernedSystem, at: datetime) -> tuple[list[Row], list[Row]]:
    """Plant every kind that a file can show; return the first file, and the drifted one."""
    recent = (at - timedelta(days=2)).isoformat()
    clean = [row(f"clerk{n}", last_used=recent) for n in range(30)]
    ends = [row("moved", via="direct", last_used=recent), row("keeper", last_used=recent)]
    approve(
        system,
        [*clean, *ends, row("absent"), row("idle"), row("columnist", scope="gl.tax.rate")],
        at=at,
    )
    approve(system, [row("former")], at=at, days=5)
    approve(system, [row("gone"), row("root", "admin", "*")], at=at)
    for name in ("payer", "tester"):
        approve(
            system, [row(name, "pay"), row(name, "order")][: 2 if name == "payer" else 1], at=at
        )
    leaver = a_user(is_active=False)
    people = [*(one["principal"] for one in clean), "moved", "keeper", "absent", "idle"]
    people += ["columnist", "former", "root", "payer", "tester", "stranger"]
    PrincipalAlias.objects.bulk_create(
        PrincipalAlias(system=system, principal=name, purpose="known") for name in people
    )
    PrincipalAlias.objects.create(system=system, principal="gone", user=leaver)
    SodRule.objects.create(
        slug="order-and-pay", reason="fraud", left_entitlement="order", right_entitlement="pay"
    )
    other = a_system()
    AccessRequest.objects.create(
        system=other,
        requester=leaver,
        principal="keeper",
        entitlement="read",
        scope="gl.journal",
        purpose="test",
        submitted_at=at - timedelta(days=2),
        due_at=at,
        state="denied",
        decided_at=at - timedelta(days=1),
        decided_by="user:1",
    )
    dirty = [
        *clean,
        row("moved", via="member of clerks", last_used=recent),
        row("keeper", last_used=recent),
        row("idle", last_used=(at - timedelta(days=91)).isoformat()),
        row("columnist", scope="gl.tax", last_used=recent),
        row("columnist", scope="gl.tax.rate", last_used=recent),
        row("former", last_used=recent),
        row("gone", last_used=recent),
        row("root", "admin", "*", is_privileged="true", has_mfa="false", last_used=recent),
        row("payer", "pay", last_used=recent),
        row("payer", "order", last_used=recent),
        row("tester", "pay", last_used=recent),
        row("stranger", last_used=recent),
    ]
    return [*clean, *ends], dirty


EXPECTED = {
    (Kind.VIA_CHANGED, "moved"),
    (Kind.INCOHERENT_POLICY, "keeper"),
    (Kind.UNUSED, "idle"),
    (Kind.SCOPE_WIDER, "columnist"),
    (Kind.EXPIRED_ALIVE, "former"),
    (Kind.ORPHAN, "gone"),
    (Kind.PRIVILEGED_WITHOUT_MFA, "root"),
    (Kind.SOD, "payer"),
    (Kind.UNAPPROVED, "stranger"),
    (Kind.MISSING, "absent"),
}


def test_every_planted_kind_is_found_and_nothing_else_and_closing_is_observed(
    operator: Actor, at: datetime
) -> None:
    system = a_system(connector="file")
    before, dirty = planted(system, at)
    take(system, as_csv(before), by=operator, at=at - timedelta(hours=1))
    outcome = take(system, as_csv(dirty), by=operator, at=at).outcome
    assert found(system) == EXPECTED
    again = take(system, as_csv(dirty), by=operator, at=at + timedelta(minutes=1))
    assert again.is_unchanged
    assert (again.outcome.opened, again.outcome.closed) == (0, 0)
    shuffled = take(system, as_csv(dirty[::-1]), by=operator, at=at + timedelta(minutes=2))
    assert not shuffled.is_unchanged
    assert (shuffled.outcome.opened, shuffled.outcome.closed) == (0, 0)
    assert outcome.open_by_kind == {kind.value: 1 for kind, _ in EXPECTED}

    cured = [one for one in dirty if one["principal"] not in ("stranger", "former", "gone")]
    cured.append(row("absent", last_used=dirty[0]["last_used"]))
    closed = take(system, as_csv(cured), by=operator, at=at + timedelta(minutes=3)).outcome
    gone = {"stranger", "former", "absent"}
    # What is taken away from somebody who has left is missing until its approval ends too.
    assert found(system) == {one for one in EXPECTED if one[1] not in gone | {"gone"}} | {
        (Kind.MISSING, "gone")
    }
    assert closed.closed == 4


def test_json_says_the_same_as_csv(operator: Actor, at: datetime) -> None:
    system = a_system()
    rows = [{**row("ana"), "is_privileged": True, "has_mfa": None}, row("ben", via="member of x")]
    take(system, json.dumps(rows).encode(), by=operator, at=at, name="erp.json")
    assert ObservedGrant.objects.get(system=system, principal="ana").is_privileged
    lines = "\n".join(json.dumps(one) for one in rows).encode()
    told = take(system, lines, by=operator, at=at, name="erp.jsonl")
    assert (told.rows, told.outcome.opened) == (2, 0)
    csv_rows = [{**row("ana"), "is_privileged": "yes"}, row("ben", via="member of x")]
    told = take(system, as_csv(csv_rows), by=operator, at=at)
    assert (told.outcome.opened, told.outcome.closed) == (0, 0)


def test_what_stands_twice_counts_once(operator: Actor, at: datetime) -> None:
    system = a_system()
    told = take(system, as_csv([row("ana"), row("ana"), row("ana", via="b")]), by=operator, at=at)
    assert (told.rows, told.duplicates, told.outcome.snapshot.grants) == (3, 2, 1)
    assert ObservedGrant.objects.get(system=system).via == "b"


def test_other_delimiters_orders_marks_and_line_ends_are_read(
    operator: Actor, at: datetime
) -> None:
    system = a_system()
    body = '\ufeffScope;principal;entitlement\r\ngl.x;Łucja;read\r\n"a;b";\'q;read\r\n'
    assert take(system, body.encode(), by=operator, at=at).rows == 2
    kept = set(ObservedGrant.objects.filter(system=system).values_list("principal", "scope"))
    assert kept == {("Łucja", "gl.x"), ("'q", "a;b")}


HEAD = b"principal,entitlement,scope,last_used,has_mfa\n"


@pytest.mark.parametrize(
    ("body", "said", "line"),
    [
        (b"", "must name the columns", 1),
        (b"principal,scope\nx,y\n", "missing: entitlement", 1),
        (b"principal,entitlement,scope,salary\n", "unknown: salary", 1),
        (b"principal,entitlement,scope,scope\n", "twice", 1),
        ("principal,entitlement,scope\nana,read,x\n".encode("utf-16"), "UTF-8", 1),
        (HEAD + b"ana,read,x,,\nben\xe9,read,x,,\n", "not UTF-8", 3),
        (HEAD + b"ana,read,x,,\nben,read\n", "no CSV of these columns", 3),
        (HEAD + b"ana,read,x,,,,,\n", "no CSV of these columns", 2),
        (HEAD + b'ana,read,"x,,\n', "no CSV of these columns", None),
        (HEAD + b"ana,read,x\x00,,\n", "UTF-8", 2),
        (HEAD + b"bo,read,x,,\nana,read,x,2026-02-30,\n", "2026-02-30", 3),
    ],
)
def test_a_file_that_is_no_snapshot_says_where(
    body: bytes, said: str, line: int | None, operator: Actor, at: datetime
) -> None:
    system = a_system()
    with pytest.raises(BadInput) as refused:
        take(system, body, by=operator, at=at)
    assert said in refused.value.detail
    if line is not None:
        assert refused.value.line == line
    assert not Snapshot.objects.filter(system=system).exists()


def test_bad_rows_are_told_one_by_one_and_nothing_is_kept(operator: Actor, at: datetime) -> None:
    system = a_system()
    rows = [
        b"good,read,x,,",
        b",read,x,,",
        b"=HYPERLINK(1),read,x,,",
        b"a,read,@SUM(1),,",
        b"a,read,x,yesterday,",
        b"a,read,x,,maybe",
        b"a," + b"r" * 61 + b",x,,",
        b'"a\nb",read,x,,',
        b",read,,soon,",
    ]
    with pytest.raises(BadSnapshot) as refused:
        take(system, HEAD + b"\n".join(rows), by=operator, at=at)
    told = dict(refused.value.rows)
    # As an editor counts them: the header is one, and the row before the last takes two.
    assert sorted(told) == [3, 4, 5, 6, 7, 8, 9, 11]
    assert "formula" in told[4]
    assert "formula" in told[5]
    assert "time" in told[6]
    assert "true or false" in told[7]
    assert "too long" in told[8]
    assert "control" in told[9]
    for fault in ("principal is empty", "scope is empty", "a time was expected"):
        assert fault in told[11]
    assert refused.value.count == 8
    assert "8 bad rows" in refused.value.detail
    assert "(the header is line 1): line 3: principal is empty" in refused.value.detail
    assert not ObservedGrant.objects.filter(system=system).exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[1]", "object"),
        (b'[{"principal": 1}]', "text"),
        (b'[{"salary": "1"}]', "unknown: salary"),
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"principal": "' + b"x" * 20_000 + b'"}', "too long"),
    ],
)
def test_json_that_is_no_snapshot_is_refused(
    body: bytes, said: str, operator: Actor, at: datetime
) -> None:
    with pytest.raises(BadInput, match=said):
        take(a_system(), body, by=operator, at=at, name="x.json")


def test_bad_records_of_json_are_told_by_their_place(operator: Actor, at: datetime) -> None:
    body = b'[{"principal": "a", "entitlement": "read", "scope": "x"}, {"scope": "x"}]'
    with pytest.raises(BadSnapshot, match="record 2: principal is empty, entitlement is empty"):
        take(a_system(), body, by=operator, at=at, name="x.json")


def test_an_incomplete_file_closes_nothing(operator: Actor, at: datetime) -> None:
    system = a_system()
    take(system, as_csv([row("ana"), row("ben")]), by=operator, at=at)
    told = importing_snapshots.take(
        system, BytesIO(as_csv([row("eve")])), name="x.csv", by=operator, at=at, is_complete=False
    )
    assert told.outcome.snapshot.state == "suspect"
    assert found(system) >= {("unapproved", name) for name in ("ana", "ben", "eve")}


def test_a_file_from_the_future_is_refused(operator: Actor, at: datetime) -> None:
    with pytest.raises(BadInput, match="future"):
        importing_snapshots.take(
            a_system(),
            BytesIO(as_csv([])),
            name="x.csv",
            by=operator,
            at=at,
            taken_at=at + timedelta(seconds=1),
        )


def test_nobody_imports_without_leave(at: datetime) -> None:
    by = a_user().as_actor()
    with pytest.raises(NotAllowed), boundary.acting(by, at=at):
        take(a_system(), as_csv([row("ana")]), by=by, at=at)


FEWER, MANY = 1_000_000, 5_000_000
_KEY = """'role_' || i / 20 AS principal, (ARRAY['select', 'insert', 'update', 'delete'])[1 + i % 4]
          AS entitlement, 'schema_' || i % 30 || '.table_' || i / 7 AS scope"""
_APPROVED = f"""
INSERT INTO governance_grant
       (system_id, principal, entitlement, scope, valid_from, valid_to, origin, approved_by,
        reason, revoked_by)
SELECT %s::bigint, principal, entitlement, scope, %s::timestamptz - interval '30 days',
       %s::timestamptz + interval '30 days', 'baseline', 'user:1', 'soak', ''
  FROM (SELECT {_KEY.replace("%", "%%")} FROM generate_series(0, %s::int - 1) i) k
"""


def a_long_file(folder: Path, system: GovernedSystem, count: int, at: datetime) -> Path:
    """Write a snapshot of ``count`` grants, and approve them all in SQL."""
    with connection.cursor() as cursor:
        # Only the owner may leave the triggers of the audit log out.
        cursor.execute("SELECT current_setting('role')")
        role = cursor.fetchone()[0]
        cursor.execute("RESET ROLE")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE governance_grant DISABLE TRIGGER USER")
        cursor.execute(_APPROVED, [system.pk, at, at, count])
        cursor.execute("ALTER TABLE governance_grant ENABLE TRIGGER USER")
        cursor.execute("ANALYZE governance_grant")
        cursor.execute(f"SET ROLE {role}")
    path = folder / f"{count}.csv"
    rights = ("select", "insert", "update", "delete")
    with path.open("w") as file:
        file.write("principal,entitlement,scope,via,last_used\n")
        for i in range(count):
            scope = f"schema_{i % 30}.table_{i // 7}"
            file.write(f"role_{i // 20},{rights[i % 4]},{scope},direct,{at:%Y-%m-%dT08:00:00Z}\n")
    return path


def most_memory() -> int:
    """Return the most that this process held so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


@pytest.mark.soak
def test_many_rows_take_as_much_longer_as_they_are_more_and_no_more_memory(
    operator: Actor, at: datetime, tmp_path: Path
) -> None:
    taken, begun = {}, time.monotonic()
    before = most_memory()
    for count in (FEWER, MANY):
        system = a_system(connector="file")
        path = a_long_file(tmp_path, system, count, at)
        start = time.monotonic()
        with path.open("rb") as file:
            told = importing_snapshots.take(system, file, name=path.name, by=operator, at=at)
        taken[count] = time.monotonic() - start
        assert (told.rows, told.duplicates, told.outcome.opened) == (count, 0, 0)
    grown = (most_memory() - before) / 1e6
    ratio = taken[MANY] / taken[FEWER]
    at_most = 1.5 * MANY / FEWER
    evidence.record(
        "drift-import",
        count=2,
        failures=(grown > 50) + (ratio > at_most),
        seconds=time.monotonic() - begun,
        **{
            f"{FEWER:,} rows [s]": round(taken[FEWER], 2),
            f"{MANY:,} rows [s]": round(taken[MANY], 2),
            "memory that the import added [MB]": round(grown, 1),
        },
    )
    assert grown <= 50
    assert ratio <= at_most
