"""A contract as YAML again: of the version read, or brought up to the newest."""

from __future__ import annotations

import copy
from typing import Any

from catalog.contracts import versions
from catalog.contracts.contract import Contract
from catalog.documents import yaml_text


class NotConvertible(Exception):
    """The contract's version cannot be brought up to the newest without loss."""


def write(contract: Contract) -> bytes:
    """Return ``contract`` in the version it was read in, unknown members included.

    The content is equal to what was read; comments, anchors and layout are not kept.
    """
    return yaml_text.dumps(contract.content)


def write_newest(contract: Contract) -> bytes:
    """Return ``contract`` as the newest version.

    From 3.0.x two members changed: a team became an object with members, and the rule of a
    quality check became its metric (release notes of ODCS 3.1.0).

    Raises:
        NotConvertible: it is neither of 3.0.x nor of the newest version.
    """
    if contract.api_version == versions.NEWEST:
        return write(contract)
    if not contract.api_version.startswith("v3.0."):
        raise NotConvertible(f"{contract.api_version or 'a contract without version'}")
    content = copy.deepcopy(contract.content)
    content["apiVersion"] = versions.NEWEST
    if isinstance(content.get("team"), list):
        content["team"] = {"members": content["team"]}
    _rename_rules(content.get("schema"))
    return yaml_text.dumps(content)


def _rename_rules(value: Any) -> None:
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            for check in node.get("quality") or () if isinstance(node.get("quality"), list) else ():
                if isinstance(check, dict) and "rule" in check and "metric" not in check:
                    check["metric"] = check.pop("rule")
            pending.extend(node[name] for name in ("properties", "items") if name in node)
