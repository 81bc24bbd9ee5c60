"""The timeline as the room shows it: newest first, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q

from incidents.actions.noting import CORRECTABLE
from incidents.domain.tlp import Tlp
from incidents.models import EntryKind, Incident, TimelineEntry
from incidents.web.times import Moment, moment

PAGE = 50
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    when: Moment
    is_about: bool
    icon: str
    tone: str
    text: str
    by: str
    added: str
    is_key: bool
    is_machine: bool
    is_superseded: bool
    key: int
    was: str
    reason: str
    tlp: str
    is_own_words: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What was read: a page of rows, and where things stand."""

    rows: list[TimelineEntry]
    standing: TimelineEntry | None
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


def read(incident: Incident, *, earlier: int | None = None) -> Page:
    """Read a page of the timeline, from the newest or before the entry ``earlier``."""
    every = TimelineEntry.objects.filter(incident=incident)
    rows = every.select_related("superseded_by", "supersedes")
    edge = every.filter(pk=earlier).first() if earlier is not None else None
    if edge is not None:
        rows = rows.filter(
            Q(starts_at__lt=edge.starts_at) | Q(starts_at=edge.starts_at, pk__lt=edge.pk)
        )
    found = list(rows[: PAGE + 1])
    counts = every.aggregate(total=Count("pk"), last=Max("pk"))
    standing = (
        every.filter(kind=EntryKind.STANDING).select_related("supersedes").order_by("-id").first()
    )
    return Page(found[:PAGE], standing, counts["total"], counts["last"] or 0, len(found) > PAGE)


def show(page: Page, names: Mapping[str, str], *, zone: ZoneInfo, at: datetime) -> Log:
    """Return the page as it reads."""
    return Log(
        entries=tuple(entry(row, names, zone=zone, at=at) for row in page.rows),
        standing=entry(page.standing, names, zone=zone, at=at) if page.standing else None,
        total=page.total,
        last=page.last,
        earlier=page.rows[-1].pk if page.has_more else None,
    )


def entry(row: TimelineEntry, names: Mapping[str, str], *, zone: ZoneInfo, at: datetime) -> Entry:
    """Return how one row reads."""
    icon, tone = _ICONS[EntryKind(row.kind)]
    if row.kind == EntryKind.STEP and " done: " not in row.text:
        icon, tone = "pause", "warn"
    is_late = row.recorded_at - row.ends_at > _LATE
    added = moment(row.recorded_at, zone=zone, at=at)
    return Entry(
        when=moment(row.starts_at, zone=zone, at=at),
        is_about=row.ends_at - row.starts_at > _WIDE,
        icon=icon,
        tone=tone,
        text=row.text,
        by=names.get(row.author, row.author),
        added=f"{added.day}, {added.local}".lstrip(", ") if is_late else "",
        is_key=row.kind in _KEY,
        is_machine=row.author.startswith("service:"),
        is_superseded=hasattr(row, "superseded_by"),
        key=row.pk,
        was=row.supersedes.text if row.supersedes else "",
        reason=row.reason,
        tlp="" if row.tlp == Tlp.AMBER else f"TLP:{row.tlp.upper()}",
        is_own_words=row.kind in CORRECTABLE,
    )
