"""A report as data: one canonical form, its digest, and the rows as CSV."""

import csv
import hashlib
import io
import json
from datetime import datetime, timedelta
from typing import Any

from incidents.cacao.canonical import canonical
from incidents.domain.durations import Duration
from incidents.domain.metrics import Summary
from incidents.domain.observed import METRICS, Observed
from incidents.domain.report_duties import Duties, Late
from incidents.domain.reports import Tile
from incidents.queries.reporting import Report

_NO_ROWS = b'"incidents":[]'
FORMAT = "wardroom-incident-report/1"


def document(report: Report) -> dict[str, Any]:
    """Return the report as JSON takes it; ``sha256`` is of the RFC 8785 form of ``data``."""
    held = data(report)
    return {"format": FORMAT, "sha256": digest(held), "data": held}


def digest(held: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical form of ``held``.

    Rows hold texts, whole numbers, booleans and null under ASCII names only: for these the
    compiled encoder writes what RFC 8785 asks for, and the rest is written around them.
    """
    around = canonical({**held, "incidents": []})
    rows = json.dumps(
        held["incidents"], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()
    # Within a text the quotation marks would be escaped, so this stands at one place only.
    return hashlib.sha256(around.replace(_NO_ROWS, b'"incidents":' + rows, 1)).hexdigest()


def data(report: Report) -> dict[str, Any]:
    """Return figures and rows; durations in whole seconds, null where nothing is known."""
    return {
        "scope": report.site.slug,
        "period": {
            "name": report.period.name,
            "start": _instant(report.period.start),
            "end": _instant(report.period.end),
        },
        "kind": report.kind.value,
        "as_of": _instant(report.at),
        "metrics": {tile.metric.value: _tile(tile) for tile in report.tiles},
        "sites": [
            {
                "site": line.slug,
                "name": line.name,
                "incidents": line.count,
                "metrics": {one.value: _summary(line.figures[one]) for one in METRICS},
            }
            for line in report.sites
        ],
        "open": {age.label: {"total": age.total, **age.counts} for age in report.ages},
        "contained_late": {"late": report.lateness.late, "of": report.lateness.of},
        **_duties(report.duties),
        "restated": [
            {"reference": one.reference, "metric": one.metric.value, "was": one.was, "now": one.now}
            for one in report.restated
        ],
        "incidents": [_row(row) for row in report.rows],
    }


def as_csv(report: Report) -> str:
    """Return one line for each incident of the period; a cell that could be a formula is text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = [
        f"{metric.value}_{part}"
        for metric in METRICS
        for part in ("state", "low_seconds", "high_seconds")
    ]
    writer.writerow(("reference", "site", "severity", "kind", "phase", "detected_at", *names))
    for row in report.rows:
        held = _row(row)
        durations = [
            "" if value is None else value
            for metric in METRICS
            for name, value in held[metric.value].items()
            if name in ("state", "low_seconds", "high_seconds")
        ]
        kept = (held[name] for name in ("reference", "site", "severity"))
        writer.writerow((*kept, report.kind.value, held["phase"], held["detected_at"], *durations))
    return out.getvalue()


def _duties(held: Duties) -> dict[str, Any]:
    """Return counts; a share is left to whoever reads them, since of nothing there is none."""
    notices, actions = held.notices, held.actions
    return {
        "notices": {
            "due": notices.due,
            "sent_in_time": notices.in_time,
            "sent_late": notices.sent_late,
            "not_sent": notices.missed,
            "open_without_a_time": notices.undated,
            "overdue": [_late(one) for one in notices.overdue],
        },
        "actions": {
            "agreed": actions.agreed,
            "open": actions.waiting,
            "overdue": [_late(one) for one in actions.overdue],
        },
        "steps": {"by_people": held.work.people, "by_executors": held.work.executors},
        "drills": held.drills,
    }


def _late(one: Late) -> dict[str, str]:
    return {"reference": one.reference, "title": one.title, "due": one.due}


def _row(row: Observed) -> dict[str, Any]:
    detected = next((row.instants[one] for one in reversed(METRICS) if one in row.instants), None)
    return {
        "reference": row.reference,
        "site": row.site,
        "severity": row.severity,
        "phase": row.phase,
        "detected_at": None if detected is None else _instant(detected),
        **{metric.value: _duration(row.durations[metric]) for metric in METRICS},
    }


def _duration(one: Duration) -> dict[str, Any]:
    return {
        "state": one.state.value,
        "low_seconds": _seconds(one.low) if one.counts else None,
        "high_seconds": _seconds(one.high) if one.counts else None,
        "is_estimated": one.is_estimated,
    }


def _tile(tile: Tile) -> dict[str, Any]:
    ratio = tile.said.ratio
    return {
        **_summary(tile.summary),
        "verdict": tile.said.words,
        "reason": tile.said.reason,
        "is_provisional": tile.said.is_provisional,
        "rests_on_estimates": tile.said.rests_on_estimates,
        "ratio": None
        if ratio is None
        else {name: round(getattr(ratio, name), 4) for name in ("value", "low", "high")},
        "against": tile.against,
        "baseline_sha256": tile.baseline or None,
    }


def _summary(one: Summary) -> dict[str, Any]:
    figures = ("median", "p90", "geometric_mean", "survival_median")
    share = one.share_estimated
    return {
        "n": one.n,
        "finished": one.finished,
        "running": one.running,
        "excluded": {state.value: n for state, n in sorted(one.excluded.items())},
        "share_estimated": None if share is None else round(share, 4),
        **{
            f"{name}_seconds": None if getattr(one, name) is None else _seconds(getattr(one, name))
            for name in figures
        },
    }


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())


def _instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
