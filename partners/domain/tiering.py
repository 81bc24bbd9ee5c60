"""Which tier a partner belongs to: by facts, the first that hits, told in one sentence."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LONGEST_OVERRIDE = timedelta(days=180)
DAY_HOURS, WEEK_HOURS = 24, 7 * 24
MANY_SITES = 3


class DataLevel(StrEnum):
    """The highest class of our data that a partner sees."""

    NONE = "none"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"
    PERSONAL = "personal"


class Connection(StrEnum):
    """The most sensitive network of ours that a partner reaches."""

    NONE = "none"
    BUSINESS = "business"
    OT = "ot"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a partner; None where nobody knows.

    Attributes:
        halt_hours: how soon a plant stops without the partner; 0 for at once.
        has_substitute: whether another could step in before that.
        sites: at how many sites of ours its products run.
        products: how many products of it run there.
    """

    halt_hours: int | None = None
    has_substitute: bool | None = None
    data: DataLevel | None = None
    connection: Connection | None = None
    sites: int = 0
    products: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A tier (``critical``, ``high``, ``normal``, ``low``), why, and what is not known."""

    tier: str
    why: str
    unknown: tuple[str, ...]

    def sentence(self) -> str:
        """Say it as a person would."""
        gap = f" Not known: {', '.join(self.unknown)}." if self.unknown else ""
        return f"{self.why}.{gap}"


def place(facts: Facts) -> Placed:
    """Return the tier that ``facts`` lead to.

    What is not known raises no tier and lowers none: it is named beside the answer.
    """
    tier, why = _first(facts)
    unknown = tuple(
        word
        for word, value in (
            ("how soon a plant stops", facts.halt_hours),
            ("whether there is a substitute", facts.has_substitute),
            ("which data it sees", facts.data),
            ("which networks it reaches", facts.connection),
        )
        if value is None
    )
    return Placed(tier, why, unknown)


def _first(facts: Facts) -> tuple[str, str]:
    hours = facts.halt_hours
    alone = "" if facts.has_substitute is None else ", without substitute"
    if hours is not None and hours <= DAY_HOURS and not facts.has_substitute:
        return "critical", f"A plant stops within {hours} h{alone}"
    if facts.data in (DataLevel.PERSONAL, DataLevel.RESTRICTED):
        return "critical", f"It sees {facts.data} data"
    if facts.connection is Connection.OT:
        return "critical", "It reaches networks of production (OT)"
    if hours is not None and hours <= WEEK_HOURS:
        return "high", f"A plant stops within {hours} h"
    if facts.data is DataLevel.CONFIDENTIAL:
        return "high", "It sees confidential data"
    if facts.connection is Connection.BUSINESS:
        return "high", "It reaches business networks"
    if facts.sites >= MANY_SITES:
        return "high", f"Its products run at {facts.sites} sites"
    if facts.data is DataLevel.INTERNAL:
        return "normal", "It sees internal data"
    if facts.products:
        return "normal", "Its software runs on our assets"
    return "low", "No fact says that it could harm us"
