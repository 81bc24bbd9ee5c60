"""XML of strangers as a tree: no document types, no entities, bounded in depth and number."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from partners.domain.sboms import Code
from partners.vex.shape import BadVex

DEEPEST = 64
MAX_ELEMENTS = 1_000_000


class _Bounded:
    """Builds the tree as long as it stays within bounds."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._depth = 0
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST:
            raise BadVex(f"It is nested deeper than {DEEPEST} levels.", code=Code.TOO_DEEP)
        if self._count > MAX_ELEMENTS:
            raise BadVex(f"It holds more than {MAX_ELEMENTS:,} elements.", code=Code.TOO_COMPLEX)
        self._builder.start(tag, attributes)

    def data(self, text: str) -> None:
        """Take text."""
        self._builder.data(text)

    def end(self, tag: str) -> None:
        """Close an element."""
        self._depth -= 1
        self._builder.end(tag)

    def close(self) -> Element:
        """Return the root."""
        return self._builder.close()


def parse(body: bytes) -> Element:
    """Return the root of ``body``.

    Raises:
        BadVex: not well-formed, a document type or entity, or over a bound.
    """
    parser: Any = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(body)
        root: Element = parser.close()
    except DefusedXmlException:
        raise BadVex("Document types and entities are refused.", code=Code.DOCTYPE) from None
    except ParseError as error:
        place = f"line {error.position[0]}"
        raise BadVex("It is not well-formed XML.", place, code=Code.MALFORMED) from None
    except BadVex:
        raise
    except (ValueError, LookupError):
        raise BadVex("Its encoding is unknown or wrong.", code=Code.MALFORMED) from None
    return root
