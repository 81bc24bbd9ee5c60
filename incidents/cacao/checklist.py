"""Checklists in Markdown, written anew as CACAO: each item of a list becomes a manual step."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from incidents.cacao.faults import Invalid

_NAMESPACE = UUID("6c5f7a1e-43a5-5d0b-9a55-0f6f1f6f6b11")
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_ITEM = re.compile(r"(\s*)(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?(\S.*)")
_ROLE = re.compile(r"\s*\(([^()]+)\)\s*$")
_FENCE = re.compile(r"\s*(```|~~~)")
_MARKS = re.compile(r"(\*\*|__|`)(.+?)\1|\[([^\]]+)\]\([^)]*\)")
_LONGEST_TITLE = 200
_MOST_STEPS = 300


@dataclass
class _Item:
    title: str
    section: str
    role: str
    more: list[str] = field(default_factory=list)


def convert(text: str, *, name: str, roles: tuple[str, ...], at: datetime) -> bytes:
    """Return a CACAO document with the items of the checklist ``text`` in their order.

    The first heading names it, else ``name``. Items of an inner list, and text below an item,
    belong to the item above. A role in brackets at the end of an item or of its heading, one of
    ``roles``, says whose it is; the first of them has the rest.

    Raises:
        Invalid: it holds no list, or more steps than anybody works through.
    """
    title, items = _read(text, name, roles)
    if not items:
        raise Invalid("checklist", "", "no list of steps is in it")
    if len(items) > _MOST_STEPS:
        raise Invalid("checklist", "", f"more than {_MOST_STEPS} steps")
    return json.dumps(_document(title, items, at), ensure_ascii=False, indent=2).encode()


def _read(text: str, name: str, roles: tuple[str, ...]) -> tuple[str, list[_Item]]:
    title, section, role = "", "", roles[0]
    items: list[_Item] = []
    outer: int | None = None
    for line, is_code in _lines(text):
        heading = None if is_code else _HEADING.fullmatch(line.strip())
        item = None if is_code else _ITEM.fullmatch(line)
        if heading:
            words, role = _whose(_plain(heading[2]), roles, roles[0])
            title, section = title or words, words
            outer = None
        elif item and (outer is None or len(item[1]) <= outer):
            outer = len(item[1])
            words, whose = _whose(_plain(item[2]), roles, role)
            items.append(_Item(words, section if section != title else "", whose))
        elif items and outer is not None and line.strip():
            items[-1].more.append(line.strip() if is_code else _plain(line.strip()))
    return title or name, items


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines with whether they stand in a block of code; fences are left out."""
    is_code = False
    for line in text.replace("\t", "    ").splitlines():
        if _FENCE.match(line):
            is_code = not is_code
        else:
            yield "".join(one if one.isprintable() else " " for one in line), is_code


def _whose(text: str, roles: tuple[str, ...], role: str) -> tuple[str, str]:
    match = _ROLE.search(text)
    named = next((one for one in roles if match and one.lower() == match[1].lower()), None)
    return (text[: match.start()], named) if match and named else (text, role)


def _plain(text: str) -> str:
    return _MARKS.sub(lambda match: match[2] or match[3], text).strip()


def _document(title: str, items: list[_Item], at: datetime) -> dict[str, Any]:
    instant = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    agents = {role: _id("group", title, role) for role in dict.fromkeys(one.role for one in items)}
    start, end = _id("start", title), _id("end", title)
    keys = [_id("action", title, str(number)) for number in range(len(items))]
    workflow: dict[str, Any] = {start: {"type": "start", "on_completion": keys[0]}}
    for key, following, item in zip(keys, [*keys[1:], end], items, strict=True):
        short = item.title[:_LONGEST_TITLE]
        rest = [item.title] if short != item.title else []
        step: dict[str, Any] = {"type": "action", "name": short}
        if item.section:
            step["description"] = item.section
        command = "\n".join([*rest, *item.more]) or item.title
        step["commands"] = [{"type": "manual", "command": command}]
        workflow[key] = {**step, "agent": agents[item.role], "on_completion": following}
    workflow[end] = {"type": "end"}
    return {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": _id("playbook", title),
        "name": title[:_LONGEST_TITLE],
        "created_by": _id("identity"),
        "created": instant,
        "modified": instant,
        "labels": ["checklist"],
        "workflow_start": start,
        "workflow": workflow,
        "agent_definitions": {key: {"type": "group", "name": role} for role, key in agents.items()},
    }


def _id(kind: str, *words: str) -> str:
    return f"{kind}--{uuid5(_NAMESPACE, chr(31).join((kind, *words)))}"
