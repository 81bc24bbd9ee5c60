"""Steps about a plant's network: devices, zones, conduits, and one flow that nobody declared."""

from datetime import timedelta
from typing import Any

from catalog.actions import assigning, flowing, harvesting, zoning
from catalog.domain.assets import AssetKind
from catalog.domain.zones import Direction
from catalog.harvest.rows import AssetRow, Harvested
from catalog.models import Asset, Zone
from config.demo import cast
from config.demo.setting import Setting, actor, person, place
from governance import boundary
from governance.actions import systems
from governance.models import GovernedSystem
from partners.models import Partner

SYSTEM = "network-monterrey"
MES = "mes-monterrey"

ZONES = (
    # slug, name, Purdue level, SL-T, SL-A, devices by name
    ("enterprise", "Enterprise Monterrey", "4", (2,) * 7, (2,) * 7,
     {"ERP-MTY-01": AssetKind.APPLICATION_SERVER, "FS-MTY-04": AssetKind.APPLICATION_SERVER}),
    ("vendors", "Vendor remote access", "4", None, None,
     {"VPN-VND-01": AssetKind.VPN_SERVER}),
    ("dmz", "Industrial DMZ", "3.5", (3,) * 7, (3,) * 7,
     {"JH-MTY-1": AssetKind.JUMP_HOST, "HIST-MIR-1": AssetKind.DATA_HISTORIAN}),
    ("operations", "Site operations", "3", (3,) * 7, (2, 3, 3, 3, 3, 3, 3),
     {"HIST-MTY-1": AssetKind.DATA_HISTORIAN, "ENG-MTY-1": AssetKind.WORKSTATION}),
    ("press-1-2", "Cell press line 1, 2", "2", (2,) * 7, (2,) * 7,
     {"PLC-PL1-01": AssetKind.PLC, "PLC-PL2-01": AssetKind.PLC, "HMI-PL1-01": AssetKind.HMI}),
    ("press-3", "Cell press line 3", "2", (2,) * 7, (2, 2, 2, 2, 1, 2, 2),
     {"PLC-PL3-01": AssetKind.PLC, "ENG-PL3-02": AssetKind.WORKSTATION}),
    ("safety", "Safety, press lines", "1", (4,) * 7, (4,) * 7,
     {"SIS-PL-01": AssetKind.SAFETY_CONTROLLER}),
)  # fmt: skip
UNPLACED = {"SW-DOCK-2": AssetKind.SWITCH, "RTR-DOCK-2": AssetKind.ROUTER}

BOTH, OUT, IN = Direction.BOTH, Direction.OUT, Direction.IN
CONDUITS = (
    ("C-01", ("HTTPS",), {"enterprise": BOTH, "dmz": BOTH}),
    ("C-02", ("RDP",), {"vendors": OUT, "dmz": IN}),
    ("C-03", ("HTTPS",), {"enterprise": OUT, "vendors": IN}),
    ("C-04", ("OPC UA", "SQL"), {"dmz": BOTH, "operations": BOTH}),
    ("C-06", ("OPC UA",), {"operations": BOTH, "press-1-2": BOTH}),
    ("C-07", ("OPC UA", "SMB"), {"operations": BOTH, "press-3": BOTH}),
)
FLOWS = (
    # from, to, protocol, port, what for, minutes since it was seen
    ("PLC-PL1-01", "HIST-MTY-1", "OPC UA", 4840, "process values of lines 1 and 2", 2),
    ("PLC-PL3-01", "HIST-MTY-1", "OPC UA", 4840, "process values of line 3", 2),
    ("HIST-MTY-1", "HIST-MIR-1", "OPC UA", 4840, "mirror for the office", 3),
    (MES, "HIST-MIR-1", "SQL", 5432, "orders and quantities", 4),
    ("HIST-MIR-1", "ERP-MTY-01", "HTTPS", 443, "confirmation of orders", 6),
    ("VPN-VND-01", "JH-MTY-1", "RDP", 3389, "remote maintenance", 190),
    ("ENG-PL3-02", "FS-MTY-04", "SMB", 445, "", 21),
)


def network(scene: Setting) -> None:
    """List the devices of a plant as its inventory does, and draw its zones and conduits."""
    system = systems.register(
        slug=SYSTEM,
        name="Network Monterrey",
        site=place(cast.PLANT_SITE),
        dsn="inventory://monterrey/devices",
        connector="file",
        by=scene.by,
        at=scene.at,
    )
    scene.remember(system)
    # An inventory is handed over, not called: nothing answers under its address.
    GovernedSystem.objects.filter(pk=system.pk).update(is_scheduled=False)
    kinds = {name: kind for *_, held in ZONES for name, kind in held.items()} | UNPLACED
    rows = tuple(AssetRow(kind, name.lower(), None, (name,)) for name, kind in kinds.items())
    listed = Harvested(rows, (), True, (), "", scene.at)
    harvesting.take_in(system, listed, by=scene.by, at=scene.at)
    assigning.own(
        Asset.objects.filter(system=system, parent=None),
        owner=person(cast.PLANT_OWNER),
        by=scene.by,
        at=scene.at,
    )
    luis = actor("Luis")
    with boundary.acting(luis, at=scene.at):
        zones = _zones(scene)
        for name, protocols, borders in CONDUITS:
            conduit = zoning.connect(
                site=place(cast.PLANT_SITE),
                name=name,
                protocols=protocols,
                borders={zones[slug]: way for slug, way in borders.items()},
                by=luis,
                at=scene.at,
            )
            scene.remember(conduit)
    _flows(scene)


def _zones(scene: Setting) -> dict[str, Zone]:
    luis, zones = actor("Luis"), {}
    for slug, name, level, target, achieved, devices in ZONES:
        zone = zoning.create(
            site=place(cast.PLANT_SITE),
            name=name,
            slug=slug,
            purdue_level=level,
            is_untrusted=slug == "vendors",
            is_safety=slug == "safety",
            sl_target=target,
            sl_achieved=achieved,
            by=luis,
            at=scene.at,
        )
        zones[slug] = zone
        scene.remember(zone)
        rows = Asset.objects.filter(system__slug=SYSTEM, name__in=devices)
        assigning.place(rows, zone=zone, reason="as drawn in 2026", by=luis, at=scene.at)
    rows = Asset.objects.filter(system__slug=MES, parent=None)
    assigning.place(rows, zone=zones["operations"], reason="as drawn", by=luis, at=scene.at)
    return zones


def _flows(scene: Setting) -> None:
    for source, target, protocol, port, purpose, minutes in FLOWS:
        ends: dict[str, Any] = {
            "src": _end(source),
            "dst": _end(target),
            "protocol": protocol,
            "port": port,
        }
        if purpose:
            flowing.declare(**ends, purpose=purpose, by=scene.by, at=scene.at)
        seen = scene.at - timedelta(minutes=minutes)
        flowing.observe(**ends, seen_at=seen, by=scene.by, at=scene.at)
    partner = Partner.objects.order_by("pk").first()
    if partner is not None:
        flowing.declare(
            src=_end("ERP-MTY-01"),
            dst=None,
            party_ref=partner.ref,
            protocol="HTTPS",
            port=443,
            purpose="call-offs",
            by=scene.by,
            at=scene.at,
        )


def _end(name: str) -> Asset:
    if name == MES:
        return Asset.objects.get(system__slug=MES, parent=None)
    return Asset.objects.get(system__slug=SYSTEM, name=name)
