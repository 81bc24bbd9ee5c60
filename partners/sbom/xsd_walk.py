"""A document held against its XML schema as it streams by: element opens, text, element closes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from partners.sbom.xsd import Schema, Type

_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_LONGEST_NAME = 60

Report = Callable[[str, str], None]
"""Told (attribute as ``@name`` or empty text, what is expected) where it is found."""


class _Frame:
    """An open element: its type (``None``: not checked), and how far its content has come."""

    __slots__ = ("has_fault", "state", "type")

    def __init__(self, kind: Type | None) -> None:
        self.type = kind
        self.state = 0
        self.has_fault = False


class Walk:
    """Checks one document. Elements of foreign vocabulary, where allowed, are not looked into."""

    def __init__(self, schema: Schema, report: Report) -> None:
        self._schema = schema
        self._report = report
        self._frames: list[_Frame] = []

    @property
    def is_foreign(self) -> bool:
        """Say whether the element that was opened last is not checked, nor anything in it."""
        return self._frames[-1].type is None

    def open(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element called ``{namespace}name``."""
        kind = self._allowed(tag) if self._frames else self._schema.root(tag)
        self._frames.append(_Frame(kind))
        if kind is not None and not kind.is_anything:
            self._check_attributes(kind, attributes)

    def text(self, text: str) -> None:
        """Take text inside the element that is open; where elements belong, only blanks may be."""
        frame = self._frames[-1]
        if (
            frame.type is not None
            and frame.type.model is not None
            and not frame.has_fault
            and text.strip(" \t\r\n")
        ):
            frame.has_fault = True
            self._report("", "must hold elements, not text")

    def close(self, text: str) -> None:
        """Take the end of the open element, whose own text is ``text``."""
        frame = self._frames.pop()
        kind = frame.type
        if kind is None or kind.is_anything:
            return
        if kind.simple is not None:
            expected = "" if frame.has_fault else kind.simple.fault(text)
            if expected:
                self._report("", expected)
        elif kind.model is not None and not frame.has_fault and not kind.model.may_end(frame.state):
            self._report("", f"is not complete: next must be {kind.model.expected(frame.state)}")

    def _allowed(self, tag: str) -> Type | None:
        frame = self._frames[-1]
        kind = frame.type
        if kind is None:
            return None
        if kind.is_anything:
            return self._schema.root(tag)
        if kind.model is None:
            if not frame.has_fault:
                frame.has_fault = True
                self._report("", "must hold text, not elements")
            return None
        step = kind.model.step(frame.state, tag)
        if step is not None:
            frame.state, declaration = step
            return self._schema.type_of(declaration) if declaration.name else self._schema.root(tag)
        if not frame.has_fault:
            frame.has_fault = True
            expected = kind.model.expected(frame.state)
            told = f"allowed here: {expected}" if expected else "no further element is allowed here"
            self._report("", f"holds an element at the wrong place, too often, or unknown; {told}")
        return None

    def _check_attributes(self, kind: Type, attributes: Mapping[str, str]) -> None:
        declared = kind.attributes
        for name, value in attributes.items():
            known = declared.get(name)
            if known is not None:
                expected = known[0].fault(value)
                if expected:
                    self._report(f"@{name}", expected)
            elif not name.startswith(_INSTANCE) and not self._is_wild(kind.wildcard, name):
                self._report(f"@{name[:_LONGEST_NAME]}", "the schema knows no such attribute here")
        for name in kind.required:
            if name not in attributes:
                self._report(f"@{name}", "attribute is required")

    def _is_wild(self, wildcard: str, name: str) -> bool:
        if wildcard != "##other":
            return wildcard == "##any"
        return name.startswith("{") and not name.startswith("{" + self._schema.namespace + "}")
