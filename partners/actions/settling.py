"""Findings follow what is shipped and what is known: opened, kept, ended.

A step of taking a feed or an SBOM, in its transaction and under its permission.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from partners.actions import statements
from partners.domain import patching
from partners.domain.patching import Anchor, Due, DueRule, Policy
from partners.domain.severity import Band
from partners.models import EventKind, Finding, FindingEvent, FindingState

BATCH = 2_000
POLICY = Policy()
SAME_CLOCK = timedelta(days=30)
TRUSTED_QUARANTINE = 1_000
CLOCK = ["anchor", "anchor_at", "due_at", "due_rule", "term_days", "why", "policy_version"]
FACTS = ["band", "score", "rating_source", "evidence", "fixed_versions", "is_unbounded"]


@dataclass(frozen=True, slots=True)
class Settled:
    """How many findings opened (or opened again) and ended."""

    opened: int
    closed: int


def settle(
    *, products: Sequence[int] = (), components: Sequence[int] = (), at: datetime
) -> Settled:
    """Open and end findings of ``products``, or those in ``components`` of any product.

    Whatever was overdue is marked so before it ends.
    """
    scope: dict[str, Any] = {
        "products": list(products),
        "components": list(components),
        "everything": False,
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
    _open([row for row in rows if row["known"] is None], at=at)
    _reopen([row for row in rows if row["known"] is not None], at=at)
    return Settled(len(rows), closed)


def breach(*, at: datetime) -> int:
    """Mark what was open at its due instant before ``at``, dated at that instant.

    One statement; running it again, late or twice, writes the same rows once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            statements.BREACH, {"at": at, "everything": True, "products": [], "components": []}
        )
        return int(cursor.rowcount)


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


def rerate(vulnerabilities: Collection[int], *, at: datetime) -> None:
    """Let open findings take the new rating; only a higher one moves dates, and only nearer."""
    rows = (
        Finding.objects.filter(vulnerability__in=vulnerabilities, state=FindingState.OPEN)
        .select_related("vulnerability", "product__site")
        .order_by("pk")
    )
    changed = []
    for row in rows:
        new = Band(row.vulnerability.band)
        if (row.band, row.score) == (new, row.vulnerability.score):
            continue
        if new.rank > Band(row.band).rank:
            _raise(row, new, at=at)
        row.band, row.score = new, row.vulnerability.score
        row.rating_source = row.vulnerability.rating_source
        changed.append(row)
    Finding.objects.bulk_update(changed, ["band", "score", "rating_source", *CLOCK], BATCH)
    FindingEvent.objects.bulk_create(
        FindingEvent(finding=row, kind=EventKind.RATED, at=at, text=f"Rated {row.band} now.")
        for row in changed
    )


def _raise(row: Finding, band: Band, *, at: datetime) -> None:
    zone = ZoneInfo(row.product.site.time_zone)
    if row.due_at is None or row.anchor_at is None:
        due = patching.due(published_at=None, first_seen_at=at, band=band, zone=zone, policy=POLICY)
    else:
        current = Due(
            anchor_at=row.anchor_at,
            anchor=Anchor(row.anchor),
            due_at=row.due_at,
            rule=DueRule(row.due_rule),
            term_days=row.term_days or 0,
            is_flagged=row.band == Band.UNRATED,
            policy_version=row.policy_version,
            why=row.why,
        )
        due = patching.raised(current, raised_at=at, band=band, zone=zone, policy=POLICY)
    for name, value in _clock(due).items():
        setattr(row, name, value)


def _clock(due: Due | None) -> dict[str, Any]:
    if due is None:
        return {"policy_version": POLICY.version}
    return {
        "anchor": due.anchor,
        "anchor_at": due.anchor_at,
        "due_at": due.due_at,
        "due_rule": due.rule,
        "term_days": due.term_days,
        "why": due.why,
        "policy_version": due.policy_version,
    }


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that follow the advisories."""
    return {
        "band": row["band"],
        "score": row["score"],
        "rating_source": row["rating_source"],
        "evidence": json.loads(row["evidence"]),
        "fixed_versions": json.loads(row["fixed_versions"]),
        "is_unbounded": row["is_unbounded"],
    }


def _due(row: Mapping[str, Any]) -> Due | None:
    return patching.due(
        published_at=row["published_at"],
        first_seen_at=row["first_seen_at"],
        band=Band(row["band"]),
        zone=ZoneInfo(row["time_zone"]),
        policy=POLICY,
    )


def _open(rows: Iterable[Mapping[str, Any]], *, at: datetime) -> None:
    fresh = [
        Finding(
            product_id=row["product_id"],
            vulnerability_id=row["vulnerability_id"],
            component_id=row["component_id"],
            opened_at=at,
            **_facts(row),
            **_clock(_due(row)),
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


def _reopen(rows: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Open again what came back: on the old clock within 30 days, on a new one later."""
    standing = Finding.objects.in_bulk([row["known"] for row in rows])
    texts = {}
    for row in rows:
        finding = standing[row["known"]]
        values: dict[str, Any] = {"state": FindingState.OPEN, "ended_at": None, **_facts(row)}
        lasts = at - row["ended_at"] <= SAME_CLOCK and finding.due_at is not None
        if not lasts:
            values |= {**_clock(_due(row)), "opened_at": at, "breached_at": None}
        for name, value in values.items():
            setattr(finding, name, value)
        texts[finding] = (
            "It is back; the clock goes on." if lasts else "It is back, with a new date."
        )
    fields = ["state", "ended_at", "opened_at", "breached_at", *FACTS, *CLOCK]
    Finding.objects.bulk_update(texts, fields, BATCH)
    FindingEvent.objects.bulk_create(
        FindingEvent(finding=finding, kind=EventKind.REOPENED, at=at, text=text)
        for finding, text in texts.items()
    )


def _note(findings: Iterable[Any], kind: EventKind, text: str, *, at: datetime) -> None:
    FindingEvent.objects.bulk_create(
        FindingEvent(finding_id=pk, kind=kind, at=at, text=text) for pk in findings
    )
