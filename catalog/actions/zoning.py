"""Drawing zones, and opening and closing the conduits between them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from catalog.domain.zones import Border, Direction, PurdueLevel, SecurityLevel, protocol
from catalog.errors import LoneConduit, NoReason, WrongSite
from catalog.models import Conduit, ConduitZone, Zone
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict, Refused
from governance.models import Site

Levels = Sequence[int] | None
Borders = Mapping[Zone, Direction]


@transaction.atomic
def create(
    *,
    site: Site,
    name: str,
    slug: str,
    purdue_level: PurdueLevel | str,
    by: Actor,
    at: datetime,
    parent: Zone | None = None,
    is_untrusted: bool = False,
    is_safety: bool = False,
    sl_target: Levels = None,
    sl_capability: Levels = None,
    sl_achieved: Levels = None,
) -> Zone:
    """Draw a zone at ``site``, inside ``parent`` if it is a subzone.

    Raises:
        NotAllowed: ``by`` may not draw zones at ``site``.
        BadInput: a security level is no vector of seven numbers from 0 to 4.
        WrongSite: the parent is a zone of another site.
        ValidationError: a field does not fit, or the slug is taken at this site.
    """
    zone = Zone(site=site, slug=slug, parent=parent, created_at=at)
    _fill(
        zone,
        name=name,
        purdue_level=PurdueLevel(purdue_level).value,
        is_untrusted=is_untrusted,
        is_safety=is_safety,
        **_levels(sl_target, sl_capability, sl_achieved),
    )
    require(by, Act.ZONE_WRITE, zone, at=at)
    if parent is not None and parent.site_id != site.pk:
        raise WrongSite(f"{parent} is a zone of {parent.site}; a subzone is of the same site.")
    zone.full_clean()
    zone.save()
    audit.record(by=by, act=Act.ZONE_WRITE, ref=zone.ref, at=at, **_told(zone))
    return zone


@transaction.atomic
def change(
    zone: Zone,
    *,
    name: str,
    purdue_level: PurdueLevel | str,
    is_untrusted: bool,
    is_safety: bool,
    by: Actor,
    at: datetime,
    sl_target: Levels,
    sl_capability: Levels,
    sl_achieved: Levels,
) -> Zone:
    """Say anew what a zone is and which levels it should and does reach.

    Raises:
        NotAllowed: ``by`` may not change it.
        BadInput: a security level is no vector of seven numbers from 0 to 4.
        ValidationError: a field does not fit.
    """
    require(by, Act.ZONE_WRITE, zone, at=at)
    _fill(
        zone,
        name=name,
        purdue_level=PurdueLevel(purdue_level).value,
        is_untrusted=is_untrusted,
        is_safety=is_safety,
        **_levels(sl_target, sl_capability, sl_achieved),
    )
    zone.full_clean()
    zone.save()
    audit.record(by=by, act=Act.ZONE_WRITE, ref=zone.ref, at=at, **_told(zone))
    return zone


@transaction.atomic
def dissolve(zone: Zone, *, reason: str, by: Actor, at: datetime) -> None:
    """End a zone that holds nothing any more.

    Raises:
        NotAllowed: ``by`` may not change it.
        NoReason: nothing says why.
        Refused: assets, subzones or conduits still need it.
        Conflict: it has ended already.
    """
    require(by, Act.ZONE_WRITE, zone, at=at)
    _reasoned(reason)
    held = {
        "assets": zone.assets.live(),
        "subzones": zone.subzones.filter(gone_at=None),
        "conduits": zone.conduits.filter(gone_at=None),
    }
    needed = [word for word, rows in held.items() if rows.exists()]
    if needed:
        raise Refused(f"{zone} still has {' and '.join(needed)}; move or close them first.")
    if not Zone.objects.filter(pk=zone.pk, gone_at=None).update(gone_at=at):
        raise Conflict(f"{zone} has ended already")
    audit.record(by=by, act=Act.ZONE_WRITE, ref=zone.ref, at=at, ended=True, reason=reason)


@transaction.atomic
def connect(
    *,
    site: Site,
    name: str,
    borders: Borders,
    protocols: Iterable[str],
    by: Actor,
    at: datetime,
    description: str = "",
    sl_target: Levels = None,
    sl_capability: Levels = None,
    sl_achieved: Levels = None,
) -> Conduit:
    """Open a conduit between the zones of ``borders``, each with its permitted direction.

    Whoever opens a way into a zone must be allowed to open conduits at that zone's site.

    Raises:
        NotAllowed: ``by`` may not open conduits at ``site`` or at the site of a zone.
        LoneConduit: fewer than two zones, or no way from one to another.
        BadInput: a protocol or a security level cannot be read.
        Refused: one of the zones has ended.
        ValidationError: a field does not fit, or the name is taken at this site.
    """
    conduit = Conduit(site=site, created_at=at)
    _fill(
        conduit,
        name=" ".join(name.split()),
        description=description,
        protocols=_protocols(protocols),
        **_levels(sl_target, sl_capability, sl_achieved),
    )
    _permit(conduit, borders, by=by, at=at)
    conduit.full_clean()
    conduit.save()
    _join(conduit, borders)
    _record(conduit, borders, by=by, at=at)
    return conduit


@transaction.atomic
def reroute(
    conduit: Conduit,
    *,
    name: str,
    borders: Borders,
    protocols: Iterable[str],
    description: str,
    by: Actor,
    at: datetime,
    sl_target: Levels,
    sl_capability: Levels,
    sl_achieved: Levels,
) -> Conduit:
    """Say anew which zones a conduit joins, which way, and for which protocols.

    Raises:
        As :func:`connect`, and Conflict: it was closed.
    """
    if conduit.gone_at is not None:
        raise Conflict(f"{conduit} was closed")
    _fill(
        conduit,
        name=" ".join(name.split()),
        description=description,
        protocols=_protocols(protocols),
        **_levels(sl_target, sl_capability, sl_achieved),
    )
    _permit(conduit, borders, by=by, at=at)
    conduit.full_clean()
    conduit.save()
    conduit.borders.exclude(zone__in=list(borders)).delete()
    _join(conduit, borders)
    _record(conduit, borders, by=by, at=at)
    return conduit


@transaction.atomic
def close(conduit: Conduit, *, reason: str, by: Actor, at: datetime) -> None:
    """Close a conduit: what flows through it is a finding from now on.

    Raises:
        NotAllowed: ``by`` may not close it.
        NoReason: nothing says why.
        Conflict: it was closed already.
    """
    require(by, Act.CONDUIT_WRITE, conduit, at=at)
    _reasoned(reason)
    if not Conduit.objects.filter(pk=conduit.pk, gone_at=None).update(gone_at=at):
        raise Conflict(f"{conduit} was closed already")
    audit.record(by=by, act=Act.CONDUIT_WRITE, ref=conduit.ref, at=at, closed=True, reason=reason)


def _fill(row: Zone | Conduit, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _levels(target: Levels, capability: Levels, achieved: Levels) -> dict[str, list[int] | None]:
    found: dict[str, list[int] | None] = {}
    stated = {"sl_target": target, "sl_capability": capability, "sl_achieved": achieved}
    for name, values in stated.items():
        try:
            level = SecurityLevel.of(values or None)
        except ValueError as error:
            raise BadInput(f"{name}: {error}", pointer=f"/{name}") from error
        found[name] = None if level is None else list(level.values)
    return found


def _protocols(names: Iterable[str]) -> list[str]:
    try:
        return sorted({protocol(name) for name in names})
    except ValueError as error:
        raise BadInput(f"protocols: {error}", pointer="/protocols") from error


def _permit(conduit: Conduit, borders: Borders, *, by: Actor, at: datetime) -> None:
    require(by, Act.CONDUIT_WRITE, conduit, at=at)
    for site in {zone.site for zone in borders} - {conduit.site}:
        require(by, Act.CONDUIT_WRITE, Conduit(site=site), at=at)
    border = Border({zone.pk: way for zone, way in borders.items()}, frozenset(conduit.protocols))
    if not border.joins():
        raise LoneConduit("A conduit joins two zones or more: out of one, into another.")
    ended = [zone.name for zone in borders if zone.gone_at is not None]
    if ended:
        raise Refused(f"{', '.join(ended)}: no zone any more.")


def _join(conduit: Conduit, borders: Borders) -> None:
    for zone, way in borders.items():
        ConduitZone.objects.update_or_create(
            conduit=conduit, zone=zone, defaults={"direction": Direction(way).value}
        )


def _record(conduit: Conduit, borders: Borders, *, by: Actor, at: datetime) -> None:
    audit.record(
        by=by,
        act=Act.CONDUIT_WRITE,
        ref=conduit.ref,
        at=at,
        name=conduit.name,
        protocols=", ".join(conduit.protocols),
        zones=", ".join(f"{zone.ref} {Direction(way).value}" for zone, way in borders.items()),
    )


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise NoReason("Say why.")


def _told(zone: Zone) -> dict[str, Any]:
    return {
        "name": zone.name,
        "purdue_level": zone.purdue_level,
        "untrusted": zone.is_untrusted,
        "safety": zone.is_safety,
        "sl_target": zone.sl_target,
        "sl_achieved": zone.sl_achieved,
    }
