"""A contract from YAML or JSON, judged by the schema of the version that it declares.

Faults in the frame (identity, version, kind, a schema that is no list) refuse the document, as
nothing could be kept under its name. Faults further in, which published examples have too, and
versions without a schema here make a draft.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from catalog.contracts import fields, versions
from catalog.contracts.contract import Reading, State
from catalog.documents import json_text, schema, yaml_text
from catalog.documents.faults import Bounds, Code, Fault, Faults, Unreadable, pointer

MAX_NAME = 300
"""Characters that the name of an asset may have."""

_FRAME = frozenset(
    {"", "/kind", "/id", "/uuid", "/version", "/status", "/schema", "/dataset", "/type"}
)
_NAMES = frozenset({"name", "physicalName", "table", "column"})
_NUMBERS_HINT = "Put it in quotes: as a number 1.10 would become 1.1."


def read(body: bytes, *, bounds: Bounds | None = None) -> Reading:
    """Return what ``body`` says, whatever it holds; nothing is raised for a bad document."""
    limits = bounds or Bounds()
    try:
        content = _content(body, limits)
    except Unreadable as refused:
        return _refused(refused.fault)
    if not isinstance(content, dict):
        return _refused(Fault(Code.WRONG_SHAPE, "", "a data contract is a mapping"))
    return judged(content, size=len(body))


def judged(content: dict[str, Any], *, size: int) -> Reading:
    """Return what the decoded ``content``, of about ``size`` bytes of text, says."""
    declared = fields.text(content, "apiVersion")
    version, is_own = versions.judge(declared)
    if not is_own and versions.is_second_major(declared):
        version = "v2.2.2"
    faults, warnings = Faults(), Faults()
    validator = versions.validator(version)
    is_refused = False
    for fault in schema.faults(validator, content, size=size, standard=f"ODCS {version}"):
        faults.add(_told(fault))
        is_refused = is_refused or _breaks_frame(fault, content)
    is_draft = faults.count > 0
    if declared and not is_own:
        is_draft = True
        warnings.add(
            Fault(
                Code.UNKNOWN_VERSION,
                "/apiVersion",
                f"no schema of this version is on board; judged by {version}",
                f"Declare {versions.NEWEST}, or wait for a release that knows it.",
            )
        )
    for warning in _doubts(content):
        warnings.add(warning)
        is_draft = is_draft or warning.code is Code.NAME_TOO_LONG
    state = State.REFUSED if is_refused else State.DRAFT if is_draft else State.ACCEPTED
    is_second = versions.is_second_major(declared)
    return Reading(
        state=state,
        contract=None
        if is_refused
        else fields.contract(content, declared=declared, is_second=is_second),
        faults=faults.listed,
        fault_count=faults.count,
        warnings=warnings.listed,
        warning_count=warnings.count,
    )


def _content(body: bytes, bounds: Bounds) -> Any:
    """Decode ``body``; a brace may begin JSON or a mapping of YAML in one line."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        try:
            return json_text.loads(body, bounds=bounds)
        except Unreadable as refused:
            if refused.fault.code is not Code.MALFORMED:
                raise
    return yaml_text.loads(body, bounds=bounds)


def _refused(fault: Fault) -> Reading:
    return Reading(State.REFUSED, None, (fault,), 1, (), 0)


def _told(fault: Fault) -> Fault:
    if fault.code is Code.NUMBER_FOR_TEXT and fault.pointer in ("/version", "/apiVersion"):
        return Fault(fault.code, fault.pointer, fault.detail, _NUMBERS_HINT)
    return fault


def _breaks_frame(fault: Fault, content: dict[str, Any]) -> bool:
    if fault.pointer == "/apiVersion":
        return not isinstance(content.get("apiVersion"), str)
    if fault.pointer == "":  # unknown members at the top are no reason to refuse
        return "required" in fault.detail
    return fault.pointer in _FRAME


def _doubts(content: dict[str, Any]) -> Iterator[Fault]:
    """Yield what no schema sees: names too long for an asset, characters that mislead a reader."""
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), content)]
    while pending:
        path, node = pending.pop()
        if isinstance(node, dict):
            pending.extend(((*path, key), child) for key, child in reversed(node.items()))
        elif isinstance(node, list):
            pending.extend(((*path, place), node[place]) for place in reversed(range(len(node))))
        elif isinstance(node, str):
            if path and path[-1] in _NAMES and len(node) > MAX_NAME:
                yield Fault(
                    Code.NAME_TOO_LONG,
                    pointer(*path),
                    f"a name is longer than {MAX_NAME} characters",
                    "Shorten it; no asset can be called so.",
                )
            if not node.isascii() and _misleads(node):
                yield Fault(
                    Code.HIDDEN_CHARACTERS,
                    pointer(*path),
                    "holds characters that turn the direction of text or cannot be seen",
                    "Take them out, unless the language needs them.",
                )


def _misleads(text: str) -> bool:
    """Whether ``text`` holds format characters: bidirectional controls, zero widths (Cf)."""
    return any(unicodedata.category(one) == "Cf" for one in text)
