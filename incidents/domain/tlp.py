"""Traffic Light Protocol 2.0 (FIRST): who may hear of an entry, and what partners may not."""

from enum import StrEnum


class Tlp(StrEnum):
    """The labels, most restricted first."""

    RED = "red"
    AMBER_STRICT = "amber+strict"
    AMBER = "amber"
    GREEN = "green"
    CLEAR = "clear"

    @property
    def leaves_the_house(self) -> bool:
        """Whether a partner may be shown it: red and amber+strict stay with us."""
        return self not in (Tlp.RED, Tlp.AMBER_STRICT)
