"""Zones, conduits and flows for tests."""

from datetime import datetime
from itertools import count
from typing import Any

from catalog.domain.zones import Direction
from catalog.models import Asset, Conduit, ConduitZone, Flow, Zone
from governance.models import GovernedSystem, Site
from tests.builders.catalog import NOW, an_asset
from tests.builders.governance import a_site, a_system

_number = count(1)


def a_zone(**over: Any) -> Zone:
    number = next(_number)
    fields = {
        "site": over.pop("site", None) or a_site(),
        "name": f"Zone {number}",
        "slug": f"zone-{number}",
        "purdue_level": "3",
        "created_at": NOW,
    }
    return Zone.objects.create(**{**fields, **over})


def a_conduit(*zones: Zone | tuple[Zone, Direction], **over: Any) -> Conduit:
    borders = [(one, Direction.BOTH) if isinstance(one, Zone) else one for one in zones]
    fields = {
        "site": over.pop("site", None) or (borders[0][0].site if borders else a_site()),
        "name": f"C-{next(_number):02d}",
        "protocols": ["HTTPS"],
        "created_at": NOW,
    }
    conduit = Conduit.objects.create(**{**fields, **over})
    for zone, way in borders:
        ConduitZone.objects.create(conduit=conduit, zone=zone, direction=way.value)
    return conduit


def a_device(zone: Zone | None = None, *, site: Site | None = None, **over: Any) -> Asset:
    """Return a device that stands in ``zone``, at its site."""
    system: GovernedSystem = over.pop("system", None) or a_system(
        site=site or (zone.site if zone else None)
    )
    name = over.pop("name", f"PLC-{next(_number)}")
    fields = {"kind": "plc", "name": name, "fqn": name, "zone": zone, "stated_zone": zone}
    return an_asset(system=system, **{**fields, **over})


def a_flow(src: Asset | None = None, dst: Asset | None = None, **over: Any) -> Flow:
    """Return a flow that a sensor saw, unless it says otherwise."""
    seen: datetime | None = over.pop("seen_at", NOW)
    fields = {
        "src": src or a_device(),
        "dst": dst or (None if over.get("party_ref") else a_device()),
        "protocol": "HTTPS",
        "port": 443,
        "first_seen_at": seen,
        "observed_at": seen,
    }
    return Flow.objects.create(**{**fields, **over})


def declared(**over: Any) -> dict[str, Any]:
    """Return the fields of a flow that somebody declared."""
    return {"declared_at": NOW, "declared_by": "user:1", "purpose": "orders", **over}
