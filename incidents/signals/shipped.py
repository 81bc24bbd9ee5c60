"""The mappers that are shipped: our own slim form, CloudEvents 1.0, and OCSF detection findings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from incidents.signals.mapping import FORMAT, Mapper, parse

SLIM: dict[str, Any] = {
    "format": FORMAT,
    "fields": {name: {"from": [f"/{name}"]} for name in (
        "id", "observed_at", "title", "rule", "severity", "asset", "site", "environment", "user",
        "ip", "hash",
    )},
}  # fmt: skip

# CloudEvents 1.0.2: source and id together name an event; what was seen stands in data.
CLOUDEVENTS: dict[str, Any] = {
    "format": FORMAT,
    "requires": [{"at": "/specversion", "is": ["1.0"]}],
    "fields": {
        "id": {"join": ["/source", "/id"]},
        "observed_at": {"from": ["/data/observed_at", "/time"]},
        "title": {"from": ["/data/title", "/data/message", "/type"]},
        "rule": {"from": ["/data/rule", "/type"]},
        "severity": {"from": ["/data/severity"], "default": "low"},
        "asset": {"from": ["/data/asset", "/subject"]},
        "site": {"from": ["/data/site"]},
        "environment": {"from": ["/data/environment"]},
        "user": {"from": ["/data/user"]},
        "ip": {"from": ["/data/ip"]},
        "hash": {"from": ["/data/hash"]},
    },
}

# OCSF 1.x, class 2004 Detection Finding; severity_id 1 informational to 6 fatal.
OCSF: dict[str, Any] = {
    "format": FORMAT,
    "requires": [{"at": "/class_uid", "is": ["2004"]}],
    "fields": {
        "id": {"from": ["/metadata/uid", "/finding_info/uid"]},
        "observed_at": {"from": ["/time"], "time": "epoch_ms"},
        "title": {"from": ["/finding_info/title", "/message"]},
        "rule": {
            "from": [
                "/finding_info/analytic/uid", "/finding_info/analytic/name",
                "/finding_info/types/0", "/finding_info/title",
            ]
        },
        "severity": {
            "from": ["/severity_id"],
            "map": {
                "0": "low", "1": "low", "2": "low", "3": "medium", "4": "high", "5": "critical",
                "6": "critical", "99": "low",
            },
        },
        "asset": {
            "from": [
                "/device/hostname", "/device/name", "/resources/0/name", "/resources/0/uid",
                "/evidences/0/device/hostname",
            ]
        },
        "environment": {
            "from": ["/cloud/provider"], "default": "onprem",
            "map": {"aws": "cloud", "azure": "cloud", "gcp": "cloud"},
        },
        "user": {"from": ["/actor/user/name", "/evidences/0/actor/user/name"]},
        "ip": {"from": ["/device/ip", "/evidences/0/src_endpoint/ip"]},
        "hash": {"from": ["/evidences/0/file/hashes/0/value"]},
    },
}  # fmt: skip

DOCUMENTS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {"slim": SLIM, "cloudevents": CLOUDEVENTS, "ocsf": OCSF}
)
MAPPERS: Mapping[str, Mapper] = MappingProxyType(
    {name: parse(document) for name, document in DOCUMENTS.items()}
)
