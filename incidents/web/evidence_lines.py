"""Evidence as pages show it: what it is, who holds it, and its chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse

from incidents.domain.custody import Custody
from incidents.models import EvidenceItem, Incident
from incidents.queries import people
from incidents.web.times import Moment, moment

_UNITS = ("B", "KiB", "MiB", "GiB")


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item in a list."""

    url: str
    label: str
    name: str
    size: str
    sha256: str
    source: str
    said: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class Link:
    """One act of a chain."""

    number: int
    act: str
    by: str
    to: str
    when: Moment
    reason: str


def size(count: int) -> str:
    """Write a number of bytes with its unit."""
    value, unit = float(count), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def lines(incident: Incident, items: Sequence[EvidenceItem]) -> tuple[ItemLine, ...]:
    """Return ``items`` of ``incident`` as they read."""
    held = {item.pk: item.custody() for item in items}
    refs = {ref for one in held.values() for ref in (one.holder, one.offered_to) if ref}
    names = people.names(refs)
    found = []
    for item in items:
        said, tone, icon = standing(held[item.pk], names)
        found.append(
            ItemLine(
                url=reverse("incidents:evidence_item", args=[incident.reference, item.number]),
                label=item.label,
                name=item.name,
                size=size(item.size),
                sha256=item.sha256,
                source=item.source,
                said=said,
                tone=tone,
                icon=icon,
            )
        )
    return tuple(found)


def standing(held: Custody, names: dict[str, str]) -> tuple[str, str, str]:
    """Return in words who has it, with tone and icon."""
    if held.is_destroyed:
        return "destroyed", "", "none"
    if held.offered_to:
        return f"handed to {names[held.offered_to]}, not accepted yet", "warn", "wait"
    if held.asked_by:
        return "to be destroyed: a second person decides", "warn", "wait"
    with_whom = f"with {names[held.holder]}" if held.holder else "with nobody"
    also = ", sealed" if held.is_sealed else ""
    return with_whom + also + (", legal hold" if held.is_held else ""), "ok", "ok"


def chain(item: EvidenceItem, *, zone: ZoneInfo, at: datetime) -> list[Link]:
    """Return the chain of ``item``, from its beginning."""
    rows = list(item.chain.order_by("seq"))
    refs = {row.by for row in rows} | {row.to for row in rows if row.to.startswith("user:")}
    names = people.names(refs)
    return [
        Link(
            number=row.seq,
            act=row.get_act_display().capitalize(),
            by=names[row.by],
            to=names.get(row.to, row.to),
            when=moment(row.at, zone=zone, at=at),
            reason=row.reason,
        )
        for row in rows
    ]
