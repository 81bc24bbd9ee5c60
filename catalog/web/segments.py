"""What the pages of zones show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from catalog.domain.zones import (
    Direction,
    Finding,
    FindingKind,
    PurdueLevel,
    Requirement,
    SecurityLevel,
    Severity,
    unused,
)
from catalog.models import Asset, Conduit, Flow, Zone
from catalog.permissions import Act
from catalog.queries import parties
from catalog.queries import zones as queries
from catalog.web.zone_map import Joint, Place, lay_out
from governance import access
from governance.domain.actor import Actor
from governance.models import Site

MOST_ALARMS = 3
MOST_ROWS = 50
_ICONS = {Severity.HIGH: "stop", Severity.MEDIUM: "warn", Severity.LOW: "open"}
_TONES = {Severity.HIGH: "bad", Severity.MEDIUM: "warn", Severity.LOW: "none"}
_WAYS = {Direction.BOTH: "both ways", Direction.OUT: "out of it", Direction.IN: "into it"}


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding with the address of its records."""

    title: str
    why: str
    severity: str
    icon: str
    tone: str
    url: str


@dataclass(frozen=True, slots=True)
class LevelLine:
    """A zone's levels, achieved of target, requirement by requirement."""

    zone: Zone
    cells: list[tuple[str, bool]]
    """Words, and whether they name a gap."""
    gaps: list[str]
    is_judged: bool


def compose(site: Site, by: Actor, *, at: datetime) -> dict[str, Any]:
    """Return everything that ``zones.html`` needs for ``site`` and the sites below it."""
    below = Site.objects.below(site)
    zones = list(_zones(by, at).filter(site__in=below))
    conduits = list(
        access.visible(Conduit.objects.filter(gone_at=None), to=by, act=Act.CONDUIT_READ, at=at)
        .filter(Q(site__in=below) | Q(pk__in=_touching(zones)))
        .prefetch_related("borders__zone")
    )
    used = queries.last_used([conduit.pk for conduit in conduits], at)
    found = queries.findings(site, at)
    flows = access.visible(Flow.objects.live(), to=by, act=Act.FLOW_READ, at=at)
    observed = flows.filter(src__site__in=below).exclude(observed_at=None)
    alarms = [one for one in found if one.kind is FindingKind.UNDECLARED_FLOW]
    drawn = list({one.zones: one for one in reversed(alarms)}.values())[::-1][:MOST_ALARMS]
    return {
        "map": _map(zones, conduits, used, drawn, at),
        "more_alarms": len(alarms) - len(drawn),
        "lede": _lede(zones, conduits, found),
        "findings": [_line(one, site) for one in found[:MOST_ROWS]],
        "found": len(found),
        "more_findings": max(0, len(found) - MOST_ROWS),
        "levels": [_levels(zone) for zone in zones if not zone.is_untrusted],
        "requirements": list(Requirement),
        "conduits": [_conduit(conduit, used, at) for conduit in conduits],
        "observed_at": observed.order_by("-observed_at")
        .values_list("observed_at", flat=True)
        .first(),
        "description": _description(zones, conduits, drawn),
    }


def listed(site: Site, by: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """Return the zones of ``site`` and the sites below it: level, what they hold, and how safe."""
    rows = _zones(by, at).filter(site__in=Site.objects.below(site))
    return [
        {"row": one, "mark": "untrusted" if one.is_untrusted else _mark(one)}
        for one in rows.order_by("-purdue_level", "name", "pk")
    ]


def zone(zone: Zone, by: Actor, *, at: datetime) -> dict[str, Any]:
    """Return everything that ``zone.html`` needs; what ``by`` may not see is left out."""
    seen = access.visible(Asset.objects.live(), to=by, act=Act.ASSET_READ, at=at)
    zoned = Asset.objects.zoned().values("pk")
    here = seen.filter(pk__in=zoned, zone=zone)
    loose = seen.filter(pk__in=zoned, zone=None, site__in=Site.objects.below(zone.site))
    may_place = access.allows(by, Act.ZONE_WRITE, zone, at=at) and zone.gone_at is None
    conduits = list(
        access.visible(
            Conduit.objects.filter(gone_at=None, zones=zone), to=by, act=Act.CONDUIT_READ, at=at
        ).prefetch_related("borders__zone")
    )
    used = queries.last_used([conduit.pk for conduit in conduits], at)
    return {
        "zone": zone,
        "levels": _levels(zone),
        "requirements": list(Requirement),
        "assets": list(here.select_related("owner", "system").order_by("fqn", "pk")[:MOST_ROWS]),
        "count": here.count(),
        "kinds": list(here.order_by().values("kind").annotate(n=Count("pk")).order_by("-n")),
        "loose": list(loose.select_related("system").order_by("fqn", "pk")[:MOST_ROWS])
        if may_place
        else [],
        "may_place": may_place,
        "conduits": [_conduit(conduit, used, at) for conduit in conduits],
        "flows": _flows(zone, by, at),
        "subzones": list(_zones(by, at).filter(parent=zone)),
        "at": at,
    }


def _zones(by: Actor, at: datetime) -> QuerySet[Zone, Any]:
    """Return the zones that ``by`` may see, each with its number of systems and devices."""
    inside = Asset.objects.live().zoned().filter(zone=OuterRef("pk")).order_by().values("zone")
    return (
        access.visible(Zone.objects.filter(gone_at=None), to=by, act=Act.ZONE_READ, at=at)
        .annotate(held=Coalesce(Subquery(inside.annotate(n=Count("pk")).values("n")), 0))
        .select_related("parent")
    )


def _touching(zones: list[Zone]) -> QuerySet[Conduit, Any]:
    return Conduit.objects.filter(zones__in=[one.pk for one in zones]).values("pk")


def _map(
    zones: list[Any],
    conduits: list[Conduit],
    used: dict[int, datetime],
    alarms: list[Finding],
    at: datetime,
) -> Any:
    sources = {one.zones[0] for one in alarms}
    places = [
        Place(
            key=one.pk,
            level=one.purdue_level,
            name=one.name,
            about=_about(one),
            mark="untrusted" if one.is_untrusted else _mark(one),
            is_alarmed=one.pk in sources,
        )
        for one in zones
    ]
    joints = [
        Joint(
            words=(f"{one.name} {', '.join(one.protocols)}",),
            ends=tuple(
                (border.zone_id, border.direction != Direction.OUT) for border in one.borders.all()
            ),
            is_idle=_is_idle(one, used, at),
        )
        for one in conduits
    ]
    joints += [
        Joint(
            words=one.lines,
            ends=tuple((key, position > 0) for position, key in enumerate(one.zones)),
            is_alarm=True,
        )
        for one in alarms
    ]
    return lay_out(places, joints)


def _about(one: Any) -> str:
    words = f"{one.held:,} {'asset' if one.held == 1 else 'assets'}"
    return f"{words} · safety" if one.is_safety else words


def _mark(one: Zone) -> str:
    """Say "SL 2 of 3": of the requirement that is furthest below its target."""
    target, achieved = SecurityLevel.of(one.sl_target), SecurityLevel.of(one.sl_achieved)
    if target is None:
        return "no target"
    if achieved is None:
        return f"SL ? of {max(target.values)}"
    mine, aim = achieved.weakest(target)
    return f"SL {mine} of {aim}"


def _levels(one: Zone) -> LevelLine:
    target, achieved = SecurityLevel.of(one.sl_target), SecurityLevel.of(one.sl_achieved)
    if target is None or achieved is None:
        pairs = zip(one.sl_achieved or "???????", one.sl_target or "???????", strict=True)
        return LevelLine(one, [(f"{mine}/{aim}", False) for mine, aim in pairs], [], False)
    gaps = achieved.gaps(target)
    short = {gap.requirement for gap in gaps}
    cells = [(f"{achieved[name]}/{target[name]}", name in short) for name in Requirement]
    return LevelLine(one, cells, [gap.requirement.words for gap in gaps], True)


def _is_idle(one: Conduit, used: dict[int, datetime], at: datetime) -> bool:
    seen_at = used.get(one.pk)
    return unused(None if seen_at is None else at - seen_at, at - one.created_at)


def _conduit(one: Conduit, used: dict[int, datetime], at: datetime) -> dict[str, Any]:
    return {
        "row": one,
        "zones": [
            (border.zone, _WAYS[Direction(border.direction)]) for border in one.borders.all()
        ],
        "protocols": ", ".join(one.protocols),
        "used_at": used.get(one.pk),
        "is_idle": _is_idle(one, used, at),
    }


def _flows(zone: Zone, by: Actor, at: datetime) -> list[dict[str, Any]]:
    """Return the flows that cross the border of ``zone``, the open ones first."""
    rows = (
        access.visible(Flow.objects.live(), to=by, act=Act.FLOW_READ, at=at)
        .filter(Q(src__zone=zone) | Q(dst__zone=zone))
        .exclude(src__zone=zone, dst__zone=zone)
        .select_related("src__zone", "dst__zone")
        .order_by("-observed_at", "pk")[:MOST_ROWS]
    )
    flows = list(rows)
    found = queries.crossings([flow.pk for flow in flows])
    outside = parties.named((flow.party_ref for flow in flows), to=by, at=at)
    lines = [
        {
            "row": flow,
            "crossing": found.get(flow.pk, queries.Crossing()),
            "party": outside.get(flow.party_ref),
        }
        for flow in flows
    ]
    return sorted(lines, key=lambda line: not line["crossing"].is_open)


def _line(one: Finding, site: Site) -> FindingLine:
    return FindingLine(
        title=one.title,
        why=one.why,
        severity=one.severity.value,
        icon=_ICONS[one.severity],
        tone=_TONES[one.severity],
        url=_address(one, site),
    )


def _address(one: Finding, site: Site) -> str:
    """Return where the records of a finding are shown."""
    match one.kind:
        case FindingKind.WITHOUT_ZONE:
            query = urlencode({"zone": "none", "site": site.slug})
            return f"{reverse('catalog:list')}?{query}"
        case FindingKind.UNDECLARED_FLOW:
            return f"{reverse('catalog:zone', args=[one.zones[0]])}#flow-{one.flow}"
        case FindingKind.BELOW_TARGET if one.zones:
            return f"{reverse('catalog:zone', args=[one.zones[0]])}#levels"
    return f"#conduit-{one.conduit}"


def _lede(zones: list[Any], conduits: list[Conduit], found: Iterable[Finding]) -> str:
    """Say in one or two sentences what there is, and what is wrong."""
    kinds = [one.kind for one in found]
    loose = sum(one.assets for one in found)
    held = sum(one.held for one in zones)
    wrong = [
        _counted(kinds.count(FindingKind.UNDECLARED_FLOW), "flow without a conduit",
                 "flows without a conduit"),
        _counted(kinds.count(FindingKind.SAFETY_TO_UNTRUSTED), "safety zone joined to an untrusted"
                 " one", "safety zones joined to untrusted ones"),
        _counted(kinds.count(FindingKind.BELOW_TARGET), "zone or conduit below its target",
                 "zones or conduits below their target"),
        _counted(loose, "asset without a zone", "assets without a zone"),
        _counted(kinds.count(FindingKind.UNUSED_CONDUIT), "unused conduit", "unused conduits"),
    ]  # fmt: skip
    first = ", ".join(
        (
            _counted(len(zones), "zone", "zones"),
            _counted(len(conduits), "conduit", "conduits") or "no conduit",
            _counted(held, "asset", "assets") or "no asset",
        )
    )
    rest = ", ".join(part for part in wrong if part) or "nothing to find fault with"
    return f"{_capital(first)}. {_capital(rest)}."


def _counted(count: int, one: str, many: str) -> str:
    number = apnumber(count) if count < 10 else f"{count:,}"
    return f"{number} {one if count == 1 else many}" if count else ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _description(zones: list[Any], conduits: list[Conduit], alarms: list[Finding]) -> str:
    levels = len({PurdueLevel(one.purdue_level) for one in zones})
    text = (
        f"{_capital(_counted(len(zones), 'zone', 'zones'))} in"
        f" {_counted(levels, 'level', 'levels')}, joined by"
        f" {_counted(len(conduits), 'conduit', 'conduits') or 'no conduit'}."
    )
    return " ".join([text, *(f"{one.title}: {one.why}" for one in alarms)])
