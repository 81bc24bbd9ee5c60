"""YAML 1.2 without surprises: only JSON's types, dates and ``no`` stay text, bounded, no code.

PyYAML resolves by YAML 1.1, where ``no`` is false, ``1:30`` is ninety and a date is an object.
Here its parser is used for events only, and values are made by the rules of the YAML 1.2 core
schema, narrowed: numbers with a leading zero, of other bases, not finite or of more than a
hundred digits stay text, since writing them again would give another text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from catalog.documents.faults import Bounds, Code, Fault, Unreadable, decoded, pointer
from catalog.documents.json_text import MAX_DIGITS

_LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)  # only its parser; it makes no objects here
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_CORE = "tag:yaml.org,2002:"


def loads(body: bytes, *, bounds: Bounds | None = None) -> Any:
    """Return the one document of ``body`` as JSON's types.

    Raises:
        Unreadable: no YAML, more than one document, over a bound, a key given twice or that is
            no text, a merge key, a tag of a foreign type, an alias of what encloses it, or NUL.
    """
    limits = bounds or Bounds()
    text = decoded(body, bounds=limits)
    builder = _Builder(limits)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        if "\0" in text:
            raise Unreadable(
                Fault(
                    Code.NUL,
                    "",
                    "holds a NUL character",
                    line=text.count("\n", 0, text.index("\0")) + 1,
                )
            ) from None
        raise Unreadable(
            Fault(Code.MALFORMED, "", "not well-formed YAML", "Check indentation and quotes.", line)
        ) from None
    return builder.value


def dumps(value: Any) -> bytes:
    """Return ``value``, of JSON's types, as YAML that `loads` reads back equal.

    A text that YAML 1.1 or 1.2 would take for something else is quoted.
    """
    text: str = yaml.dump(
        value,
        Dumper=_Quoting,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )
    return text.encode()


class _Quoting(_DUMPER):  # type: ignore[misc]
    """Quotes what either version of YAML would not read as text; writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, _pattern, _first in (
    ("int", _INT, "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
):
    _Quoting.add_implicit_resolver(
        _CORE + _tag, re.compile(rf"^(?:{_pattern.pattern})$"), list(_first)
    )


def _number(text: str) -> int | float | str:
    if len(text) <= MAX_DIGITS:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
            return number
    return text


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read."""

    value: list[Any] | dict[str, Any]
    anchor: str | None
    before: int
    """Values counted when it began: tells how many it holds."""
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    bounds: Bounds
    value: Any = None
    _stack: list[_Open] = field(default_factory=list)
    _anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    _count: int = 0
    _documents: int = 0

    def take(self, event: Any) -> None:
        """Take one event of the parser."""
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent():
                self._open({}, event, "map")
            case yaml.SequenceStartEvent():
                self._open([], event, "seq")
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise self._refusal(Code.MALFORMED, event, "holds more than one document")

    def _scalar(self, event: Any) -> None:
        self._counted(1, event)
        text = event.value
        if len(text) > self.bounds.text:
            raise self._refusal(
                Code.TEXT_TOO_LONG, event, f"a text is longer than {self.bounds.text:,} characters"
            )
        if "\0" in text:
            raise self._refusal(Code.NUL, event, "holds a NUL character")
        is_plain = event.style in (None, "") and event.tag in (None, "!")
        value = self._resolved(text, event, is_plain=is_plain and event.tag is None)
        if self._awaits_key():
            self._take_key(text, value, event)
            return
        self._remember(event.anchor, value, 1)
        self._put(value)

    def _resolved(self, text: str, event: Any, *, is_plain: bool) -> Any:
        if event.tag not in (None, "!", _CORE + "str"):
            raise self._refusal(
                Code.TAG, event, "carries a tag", "Leave tags out and quote what is text."
            )
        if not is_plain:
            return text
        return _CONSTANTS[text] if text in _CONSTANTS else _number(text)

    def _take_key(self, text: str, value: Any, event: Any) -> None:
        top = self._stack[-1]
        if text == "<<" and event.style in (None, ""):
            raise self._refusal(
                Code.MERGE_KEY,
                event,
                "uses a merge key, which YAML 1.2 does not know",
                "Write the members out.",
            )
        if value is None or isinstance(value, bool | int | float):
            raise self._refusal(
                Code.KEY_IS_NO_TEXT, event, "a member's name is no text", "Put the name in quotes."
            )
        if text in top.value:
            raise self._refusal(Code.DUPLICATE_KEY, event, "a member is named twice", extra=text)
        top.key = text

    def _open(self, value: list[Any] | dict[str, Any], event: Any, kind: str) -> None:
        self._counted(1, event)
        if self._awaits_key():
            raise self._refusal(Code.KEY_IS_NO_TEXT, event, "a member's name is no text")
        if event.tag not in (None, "!", _CORE + kind):
            raise self._refusal(
                Code.TAG, event, "carries a tag", "Leave tags out and quote what is text."
            )
        if len(self._stack) >= self.bounds.depth:
            raise self._refusal(
                Code.TOO_DEEP, event, f"nested deeper than {self.bounds.depth} levels"
            )
        self._anchors.pop(event.anchor or "", None)
        self._stack.append(_Open(value, event.anchor, self._count))

    def _close(self, event: Any) -> None:
        done = self._stack.pop()
        self._remember(done.anchor, done.value, self._count - done.before + 1)
        self._put(done.value)

    def _alias(self, event: Any) -> None:
        if self._awaits_key():
            raise self._refusal(Code.KEY_IS_NO_TEXT, event, "a member's name is an alias")
        if event.anchor not in self._anchors:
            raise self._refusal(Code.MALFORMED, event, "an alias refers to nothing finished before")
        value, size = self._anchors[event.anchor]
        self._counted(size, event)
        self._put(value)

    def _awaits_key(self) -> bool:
        return bool(
            self._stack and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None
        )

    def _put(self, value: Any) -> None:
        if not self._stack:
            self.value = value
            return
        top = self._stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None:
            top.value[top.key] = value
            top.key = None

    def _remember(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor:
            self._anchors[anchor] = (value, size)

    def _counted(self, more: int, event: Any) -> None:
        self._count += more
        if self._count > self.bounds.values:
            raise self._refusal(
                Code.TOO_MANY_VALUES,
                event,
                f"holds more than {self.bounds.values:,} values",
                "Write shared parts once, without aliases of aliases.",
            )

    def _refusal(
        self, code: Code, event: Any, detail: str, remedy: str = "", *, extra: str | None = None
    ) -> Unreadable:
        parts: list[str | int] = []
        for one in self._stack:
            step = len(one.value) if isinstance(one.value, list) else one.key
            if step is not None:
                parts.append(step)
        if extra is not None:
            parts.append(extra)
        return Unreadable(Fault(code, pointer(*parts), detail, remedy, event.start_mark.line + 1))
