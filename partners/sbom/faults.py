"""Faults that refuse a document: the first 50 are listed, and looking for more then ends."""

from __future__ import annotations

from partners.domain.sboms import MAX_LISTED, Code, Defect, Rejected

LONGEST_POINTER = 500


class Faults:
    """Collects what is wrong with a document."""

    def __init__(self) -> None:
        self._listed: list[Defect] = []

    @property
    def has_any(self) -> bool:
        """Say whether the document is refused already."""
        return bool(self._listed)

    @property
    def count(self) -> int:
        """How many were found."""
        return len(self._listed)

    def add(self, pointer: str, detail: str, remedy: str = "", *, code: Code = Code.SCHEMA) -> None:
        """Note a fault; the fiftieth ends the search.

        Raises:
            Rejected: that was the fiftieth.
        """
        self._listed.append(Defect(code, pointer[:LONGEST_POINTER], detail, remedy))
        if len(self._listed) >= MAX_LISTED:
            self.raise_if_any()

    def raise_if_any(self) -> None:
        """Refuse the document if it has faults.

        Raises:
            Rejected: it has.
        """
        if self._listed:
            raise Rejected(self._listed)
