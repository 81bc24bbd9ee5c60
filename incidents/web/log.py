"""The timeline as the room shows it: newest first, a page at a time."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet

from incidents.actions.noting import CORRECTABLE
from incidents.domain.tlp import Tlp
from incidents.models import EntryKind, Incident, TimelineEntry
from incidents.queries.outline import Outline
from incidents.web.times import Moment, moment

PAGE = 50
_CANNOT, _HANDED = re.compile(r"Step \d+ cannot "), re.compile(r"Step \d+ handed over ")
_FINDING = re.compile(r" (/admin/governance/driftfinding/[1-9][0-9]*/change/)$")
"""Where the text of a runbook leads; what people write is shown as they wrote it."""
_LATE = timedelta(minutes=10)
_WIDE = timedelta(minutes=1)
_ICONS = {
    EntryKind.NOTE: ("person", ""),
    EntryKind.STANDING: ("file", ""),
    EntryKind.DECLARED: ("stop", "bad"),
    EntryKind.MILESTONE: ("now", ""),
    EntryKind.STEP: ("ok", "ok"),
    EntryKind.RUN: ("cog", ""),
    EntryKind.ROLE: ("person", ""),
    EntryKind.LINK: ("file", ""),
    EntryKind.ALARM: ("bell", "warn"),
    EntryKind.BREACH: ("ask", "warn"),
    EntryKind.NOTICE: ("bell", ""),
    EntryKind.EVIDENCE: ("file", ""),
    EntryKind.INDICATOR: ("find", ""),
    EntryKind.TASK: ("wait", ""),
    EntryKind.SHARED: ("person", ""),
    EntryKind.PARTNER: ("person", "warn"),
    EntryKind.SEVERITY: ("warn", "warn"),
    EntryKind.ACTION: ("now", ""),
    EntryKind.END: ("ok", "ok"),
}
_KEY = (EntryKind.DECLARED, EntryKind.MILESTONE, EntryKind.END)


class Told(Protocol):
    """An entry as read for the page: ``was`` is the text that it corrects, and
    ``corrected_by`` the key of the entry that corrected it.
    """

    pk: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    recorded_at: datetime
    author: str
    text: str
    tlp: str
    reason: str
    was: str | None
    corrected_by: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline.

    ``url`` is where its own words are corrected, empty where they are not; ``day`` heads the
    entries of one day, and stands with the first of them.
    """

    when: Moment
    is_about: bool
    icon: str
    tone: str
    text: str
    by: str
    is_key: bool
    is_machine: bool
    is_superseded: bool
    key: int
    was: str
    reason: str
    url: str
    finding: str
    day: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What was read: a page of rows, and where things stand."""

    rows: list[Told]
    standing: Told | None
    total: int
    last: int
    has_more: bool

    def authors(self) -> set[str]:
        """Return the references whose names the page needs."""
        return {row.author for row in (*self.rows, self.standing) if row is not None}


@dataclass(frozen=True, slots=True)
class Log:
    """A page of the timeline; ``last`` is the newest entry written, wherever it stands."""

    entries: tuple[Entry, ...]
    standing: Entry | None
    total: int
    last: int
    earlier: int | None


def last_of(incident: Incident) -> int:
    """Return the key of the entry that was written last."""
    rows = TimelineEntry.objects.filter(incident=incident).order_by("-id")
    return rows.values_list("id", flat=True).first() or 0


def read(incident: Incident, known: Outline, *, earlier: int | None = None) -> Page:
    """Read a page of the timeline, from the newest or before the entry ``earlier``."""
    every = TimelineEntry.objects.filter(incident=incident)
    rows = _told(every)
    edge = every.filter(pk=earlier).first() if earlier is not None else None
    if edge is not None:
        rows = rows.filter(
            Q(starts_at__lt=edge.starts_at) | Q(starts_at=edge.starts_at, pk__lt=edge.pk)
        )
    found = list(rows[: PAGE + 1])
    standing = None if known.standing is None else _told(every).get(pk=known.standing)
    return Page(found[:PAGE], standing, known.entries, known.last, len(found) > PAGE)


def _told(rows: QuerySet[TimelineEntry]) -> QuerySet[Any]:
    """Return ``rows`` as they are told: each in one row, not in three joined ones."""
    return rows.annotate(was=F("supersedes__text"), corrected_by=F("superseded_by__pk"))


def show(
    page: Page, names: Mapping[str, str], *, correct: str, zone: ZoneInfo, at: datetime
) -> Log:
    """Return the page as it reads; entries are corrected below the address ``correct``."""
    standing = page.standing
    entries = tuple(entry(row, names, correct, zone=zone, at=at) for row in page.rows)
    return Log(
        entries=tuple(_by_day(entries)),
        standing=entry(standing, names, "", zone=zone, at=at) if standing else None,
        total=page.total,
        last=page.last,
        earlier=page.rows[-1].pk if page.has_more else None,
    )


def _step_icon(row: Told) -> tuple[str, str]:
    """What a machine did is no duty; what a person could not do, or gave on, is one."""
    if row.author.startswith("service:"):
        return "cog", ""
    if _CANNOT.match(row.text):
        return "pause", "warn"
    return ("wait", "warn") if _HANDED.match(row.text) else _ICONS[EntryKind.STEP]


def _by_day(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Head each day; entries of the day of the page need no heading above all others."""
    last = ""
    for one in entries:
        day = one.when.day or "Today"
        yield replace(one, day=day) if day != last and (last or one.when.day) else one
        last = day


def entry(
    row: Told, names: Mapping[str, str], correct: str, *, zone: ZoneInfo, at: datetime
) -> Entry:
    """Return how one row reads."""
    icon, tone = _ICONS[EntryKind(row.kind)]
    if row.kind == EntryKind.STEP:
        icon, tone = _step_icon(row)
    when, by = moment(row.starts_at, zone=zone, at=at), [names.get(row.author, row.author)]
    if row.recorded_at - row.ends_at > _LATE:
        added = moment(row.recorded_at, zone=zone, at=at)
        by.append(f"added {added.day}, {added.local}" if added.day else f"added {added.local}")
    if row.tlp != Tlp.AMBER:
        by.append(f"TLP:{row.tlp.upper()}")
    is_superseded = row.corrected_by is not None
    is_own_words = row.kind in CORRECTABLE and not is_superseded
    is_machine = row.author.startswith("service:")
    leads = _FINDING.search(row.text) if is_machine else None
    return Entry(
        when=when,
        is_about=row.ends_at - row.starts_at > _WIDE,
        icon=icon,
        tone=tone,
        text=row.text[: leads.start()] if leads else row.text,
        by=" · ".join(by),
        is_key=row.kind in _KEY,
        is_machine=is_machine,
        is_superseded=is_superseded,
        key=row.pk,
        was=row.was or "",
        reason=row.reason,
        url=f"{correct}{row.pk}/" if correct and is_own_words else "",
        finding=leads[1] if leads else "",
    )
