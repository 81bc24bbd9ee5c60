"""The kinds of assets, where each may stand in the tree, their names and fingerprints."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from governance.domain import fqn


class AssetKind(StrEnum):
    """What an asset is; the operational-technology kinds follow MITRE ATT&CK for ICS 18.1."""

    SITE = "site"
    SYSTEM = "system"
    DATABASE = "database"
    SCHEMA = "schema"
    TABLE = "table"
    VIEW = "view"
    COLUMN = "column"
    FILE = "file"
    FEED = "feed"
    TOPIC = "topic"
    REPORT = "report"
    MODEL = "model"
    API = "api"
    APPLICATION_SERVER = "application_server"
    CONTROL_SERVER = "control_server"
    DATA_GATEWAY = "data_gateway"
    DATA_HISTORIAN = "data_historian"
    DCS_CONTROLLER = "dcs_controller"
    FIELD_IO = "field_io"
    FIREWALL = "firewall"
    HMI = "hmi"
    IED = "ied"
    JUMP_HOST = "jump_host"
    PAC = "pac"
    PLC = "plc"
    ROUTER = "router"
    RTU = "rtu"
    SAFETY_CONTROLLER = "safety_controller"
    SWITCH = "switch"
    VPN_SERVER = "vpn_server"
    WORKSTATION = "workstation"


OT_KINDS = frozenset(list(AssetKind)[list(AssetKind).index(AssetKind.APPLICATION_SERVER) :])

DATA_KINDS = frozenset(
    {
        AssetKind.TABLE,
        AssetKind.VIEW,
        AssetKind.FILE,
        AssetKind.FEED,
        AssetKind.TOPIC,
        AssetKind.REPORT,
        AssetKind.MODEL,
        AssetKind.API,
    }
)
"""Kinds that hold data and are counted one by one in coverage; columns count through theirs."""

_PLACES: frozenset[AssetKind | None] = frozenset({AssetKind.SITE, AssetKind.SYSTEM, None})
_RELATION_HOMES: frozenset[AssetKind | None] = frozenset({AssetKind.SCHEMA, AssetKind.DATABASE})
_CONTENT_HOMES: frozenset[AssetKind | None] = frozenset(
    {AssetKind.SYSTEM, AssetKind.DATABASE, AssetKind.SCHEMA}
)

ALLOWED_PARENTS = MappingProxyType(
    {
        AssetKind.SITE: frozenset({AssetKind.SITE, None}),
        AssetKind.SYSTEM: _PLACES,
        AssetKind.DATABASE: frozenset({AssetKind.SYSTEM}),
        AssetKind.SCHEMA: frozenset({AssetKind.DATABASE, AssetKind.SYSTEM}),
        AssetKind.TABLE: _RELATION_HOMES,
        AssetKind.VIEW: _RELATION_HOMES,
        AssetKind.COLUMN: DATA_KINDS | {AssetKind.COLUMN},
        AssetKind.FILE: _CONTENT_HOMES,
        AssetKind.FEED: _CONTENT_HOMES,
        AssetKind.TOPIC: _CONTENT_HOMES,
        AssetKind.REPORT: _CONTENT_HOMES,
        AssetKind.MODEL: _CONTENT_HOMES,
        AssetKind.API: _CONTENT_HOMES,
        **dict.fromkeys(OT_KINDS, _PLACES),
    }
)
"""Kind to the kinds that may hold it; ``None`` means that it may stand at the root.

A column may stand in a column: nested records of documents and feeds.
"""


def may_stand_in(kind: AssetKind, parent: AssetKind | None) -> bool:
    """Return whether an asset of ``kind`` may be a child of ``parent`` (None: the root)."""
    return parent in ALLOWED_PARENTS[kind]


def qualified(path: Iterable[str]) -> str:
    """Return the fully qualified name of ``path``.

    It is unique among live assets but never an identity: it changes with a rename.
    """
    return fqn.joined(*path)


def fingerprint(*facts: object) -> str:
    """Return the SHA-256, in hex, of the ``facts`` a source states about an asset.

    Two harvests of an unchanged asset give the same text, whatever the process or the
    release of Python; facts must be of JSON's types.
    """
    canonical = json.dumps(facts, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Inherited:
    """A value that an asset has by itself or from an ancestor."""

    value: str
    source: str
    """Fully qualified name of the asset that states the value."""


def effective(lineage: Iterable[tuple[str, str | None]]) -> Inherited | None:
    """Return the nearest stated value of ``lineage``, or None when nobody states one.

    Args:
        lineage: (name, own value or None) of the asset first, then of its parent, and so on
            up to the root. Owners, site, zone and retention are inherited this way.
    """
    return next((Inherited(value, name) for name, value in lineage if value), None)


OWN_KEY = "own/"
"""How the source keys begin of what people list by hand: no harvest knows it, none buries it."""
