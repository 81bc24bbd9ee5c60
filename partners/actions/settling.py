"""Findings follow what is shipped and what is known: opened, kept, ended.

A step of taking a feed or an SBOM, in its transaction and under its permission.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from partners.actions import claims, clocks, statements
from partners.domain import patching
from partners.domain.patching import Policy
from partners.domain.severity import Band
from partners.models import EventKind, Finding, FindingEvent, FindingState

BATCH = 2_000
SAME_CLOCK = timedelta(days=30)
TRUSTED_QUARANTINE = 1_000
CLOCK = clocks.COLUMNS
FACTS = [
    "band",
    "score",
    "rating_source",
    "is_kev",
    "epss",
    "evidence",
    "fixed_versions",
    "is_unbounded",
]
LISTED = 1_000
_SWEEP_LOCK = "partners.sweep"


@dataclass(frozen=True, slots=True)
class Settled:
    """How many findings opened (or opened again) and ended."""

    opened: int
    closed: int


@dataclass(frozen=True, slots=True)
class Transition:
    """What time did to a finding, dated when it happened and not when it was noticed."""

    kind: str
    finding: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Swept:
    """How many findings fell overdue, how many waivers ran out, and the earliest of both."""

    overdue: int
    ran_out: int
    transitions: tuple[Transition, ...]


def settle(
    *, products: Sequence[int] = (), components: Sequence[int] = (), at: datetime
) -> Settled:
    """Open and end findings of ``products``, or those in ``components`` of any product.

    Whatever was overdue is marked so before it ends.
    """
    scope: dict[str, Any] = {
        "products": list(products),
        "components": list(components),
        "trusted_quarantine": TRUSTED_QUARANTINE,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(statements.FIX, scope)
        closed = cursor.rowcount
        cursor.execute(statements.BREACH, scope)
        cursor.execute(statements.WITHDRAW, scope)
        closed += cursor.rowcount
        cursor.execute(statements.REFRESH, scope)
        cursor.execute(statements.TO_OPEN, scope)
        columns = [column.name for column in cursor.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    policy = clocks.policy_in_force()
    opened = _open([row for row in rows if row["known"] is None], policy=policy, at=at)
    opened += _reopen([row for row in rows if row["known"] is not None], policy=policy, at=at)
    claims.follow((row.pk for row in opened), at=at)
    return Settled(len(rows), closed)


def mark_overdue(products: Iterable[Any], *, at: datetime) -> None:
    """Mark what fell overdue in ``products`` up to ``at``, before something ends or is waived."""
    with connection.cursor() as cursor:
        scope: dict[str, Any] = {"products": list(products), "components": [], "at": at}
        cursor.execute(statements.BREACH, scope)


def sweep(*, at: datetime) -> Swept:
    """Mark what was open and unwaived at its due instant before ``at``, dated at that instant.

    Set-based, one sweep at a time; running it again, late or twice, writes the same rows once.
    """
    found: list[tuple[str, Any, datetime, int]] = []
    counts: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_SWEEP_LOCK])
        for statement in (statements.SWEEP, statements.RAN_OUT):
            cursor.execute(statement, {"at": at, "listed": LISTED})
            rows = cursor.fetchall()
            counts.append(int(rows[0][3]) if rows else 0)
            found += rows
    listed = tuple(Transition(kind, str(pk), when) for kind, pk, when, _ in found)
    overdue, ran_out = counts
    return Swept(overdue, ran_out, listed)


def merge(merged: Mapping[int, int], *, at: datetime) -> None:
    """Let findings follow vulnerabilities that became part of others.

    Where both stood, the one that stays takes the earlier clock.
    """
    rows = Finding.objects.filter(vulnerability__in=merged).select_for_update()
    for row in rows.order_by("product", "component", "opened_at"):
        target = merged[row.vulnerability_id]
        twin = Finding.objects.filter(
            product=row.product_id, component=row.component_id, vulnerability=target
        ).first()
        if twin is None:
            Finding.objects.filter(pk=row.pk).update(vulnerability=target)
            _note([row.pk], EventKind.MERGED, "Records were joined under another name.", at=at)
        elif row.due_at and (twin.due_at is None or row.due_at < twin.due_at):
            Finding.objects.filter(pk=twin.pk).update(
                anchor=row.anchor,
                anchor_at=row.anchor_at,
                due_at=row.due_at,
                due_rule=row.due_rule,
                term_days=row.term_days,
                why=row.why,
                breached_at=row.breached_at,
            )
            _note([twin.pk], EventKind.MERGED, "Took the earlier date of a joined record.", at=at)


def inherit(split: Mapping[int, Collection[int]], *, at: datetime) -> None:
    """Let findings of what was split off keep the clock that they had before, if earlier."""
    for new, olds in split.items():
        before = {
            (row.product_id, row.component_id): row
            for row in Finding.objects.filter(vulnerability__in=olds, due_at__isnull=False)
            .exclude(state=FindingState.FIXED)
            .order_by("-due_at")
        }
        for row in Finding.objects.filter(vulnerability=new, state=FindingState.OPEN):
            old = before.get((row.product_id, row.component_id))
            if old is None or old.due_at is None:
                continue
            if row.due_at is not None and row.due_at <= old.due_at:
                continue
            values = {name: getattr(old, name) for name in [*CLOCK, "breached_at"]}
            Finding.objects.filter(pk=row.pk).update(**values)
            _note([row.pk], EventKind.SPLIT, "Kept the date that it had under its old name.", at=at)


def rerate(vulnerabilities: Collection[int], *, at: datetime) -> None:
    """Let open findings take new ratings and attacks; what got worse moves dates, only nearer."""
    rows = (
        Finding.objects.filter(vulnerability__in=vulnerabilities, state=FindingState.OPEN)
        .select_related("vulnerability", "product__site", "product__partner")
        .order_by("pk")
    )
    policies = clocks.policies()
    changed = []
    for row in rows:
        known = row.vulnerability
        new = Band(known.band)
        is_kev = known.exploited_on is not None
        if (row.band, row.score, row.is_kev) == (new, known.score, is_kev):
            continue
        if new.rank > Band(row.band).rank or (is_kev and not row.is_kev):
            _raise(row, policies[row.policy_version], at=at)
        row.band, row.score, row.is_kev = new, known.score, is_kev
        row.rating_source = known.rating_source
        changed.append(row)
    fields = ["band", "score", "rating_source", "is_kev", *CLOCK]
    Finding.objects.bulk_update(changed, fields, BATCH)
    FindingEvent.objects.bulk_create(
        FindingEvent(
            finding=row,
            kind=EventKind.RATED,
            at=at,
            text=f"Rated {row.band} now{', exploited' * row.is_kev}.",
        )
        for row in changed
    )


def _raise(row: Finding, policy: Policy, *, at: datetime) -> None:
    current, facts = clocks.standing(row), clocks.facts_of(row)
    if current is None:
        due = patching.due(replace(facts, first_seen_at=at), policy=policy)
    else:
        due = patching.raised(current, facts, raised_at=at, policy=policy)
    for name, value in clocks.columns(due, policy=policy).items():
        setattr(row, name, value)


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that follow the advisories."""
    return {
        "band": row["band"],
        "score": row["score"],
        "rating_source": row["rating_source"],
        "is_kev": row["exploited_on"] is not None,
        "epss": row["epss"],
        "evidence": json.loads(row["evidence"]),
        "fixed_versions": json.loads(row["fixed_versions"]),
        "is_unbounded": row["is_unbounded"],
    }


def _open(rows: Iterable[Mapping[str, Any]], *, policy: Policy, at: datetime) -> list[Finding]:
    fresh = [
        Finding(
            product_id=row["product_id"],
            vulnerability_id=row["vulnerability_id"],
            component_id=row["component_id"],
            opened_at=at,
            **_facts(row),
            **clocks.columns(clocks.due(row, policy=policy), policy=policy),
        )
        for row in rows
    ]
    Finding.objects.bulk_create(fresh, batch_size=BATCH)
    FindingEvent.objects.bulk_create(
        (
            FindingEvent(
                finding=row,
                kind=EventKind.OPENED,
                at=at,
                text=row.why or "Rated harmless: no clock.",
            )
            for row in fresh
        ),
        batch_size=BATCH,
    )
    return fresh


def _reopen(rows: Sequence[Mapping[str, Any]], *, policy: Policy, at: datetime) -> list[Finding]:
    """Open again what came back: on the old clock within 30 days, on a new one later."""
    standing = Finding.objects.in_bulk([row["known"] for row in rows])
    texts = {}
    for row in rows:
        finding = standing[row["known"]]
        values: dict[str, Any] = {"state": FindingState.OPEN, "ended_at": None, **_facts(row)}
        lasts = at - row["ended_at"] <= SAME_CLOCK and finding.due_at is not None
        if not lasts:
            due = clocks.due(row, policy=policy)
            values |= {**clocks.columns(due, policy=policy), "opened_at": at, "breached_at": None}
            values |= {"waived_from": None, "waived_until": None}
        for name, value in values.items():
            setattr(finding, name, value)
        texts[finding] = (
            "It is back; the clock goes on." if lasts else "It is back, with a new date."
        )
    fields = ["state", "ended_at", "opened_at", "breached_at", "waived_from", "waived_until"]
    Finding.objects.bulk_update(texts, [*fields, *FACTS, *CLOCK], BATCH)
    FindingEvent.objects.bulk_create(
        FindingEvent(finding=finding, kind=EventKind.REOPENED, at=at, text=text)
        for finding, text in texts.items()
    )
    return list(texts)


def _note(findings: Iterable[Any], kind: EventKind, text: str, *, at: datetime) -> None:
    FindingEvent.objects.bulk_create(
        FindingEvent(finding_id=pk, kind=kind, at=at, text=text) for pk in findings
    )
