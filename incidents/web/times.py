"""Instants as pages show them: on the clock of the site, with UTC below."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from governance.models import Site
from incidents.domain.clocks import wall, words, zone_name


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant; ``day`` is empty on the day of the page."""

    iso: str
    local: str
    day: str
    zone: str
    utc: str
    full: str


def moment(instant: datetime, *, zone: ZoneInfo, at: datetime) -> Moment:
    """Return how ``instant`` reads on a page made at ``at``."""
    local, now = instant.astimezone(zone), at.astimezone(zone)
    day = "" if local.date() == now.date() else f"{local:%b} {local.day}"
    return Moment(
        iso=f"{instant:%Y-%m-%dT%H:%M:%SZ}",
        local=f"{local:%H:%M}",
        day=day,
        zone=zone_name(instant, zone=zone),
        utc=f"{instant:%H:%M} UTC",
        full=wall(instant, zone=zone, at=at),
    )


def zone_line(site: Site, *, at: datetime) -> str:
    """Write whose clock a page shows: "Monterrey (CST, UTC−6)"."""
    zone = ZoneInfo(site.time_zone)
    name = zone_name(at, zone=zone)
    offset = at.astimezone(zone).utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds() // 60)
    if not minutes or name.startswith("UTC"):
        return f"{site.name} ({name})"
    sign = "−" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"{site.name} ({name}, UTC{sign}{hours}{f':{rest:02d}' if rest else ''})"


def left(due_at: datetime, *, at: datetime) -> tuple[str, str]:
    """Write how long until ``due_at``, and its tone: warn in the last quarter hour, bad after."""
    gap = due_at - at
    if gap < timedelta(0):
        return f"{words(-gap)} overdue", "bad"
    return f"due in {words(gap)}", "warn" if gap < timedelta(minutes=15) else ""
