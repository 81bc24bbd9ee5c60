"""A partner's risk score: 0 to 100, 100 is good, as an interval that says what is unknown.

Each part runs from its worst to its best as far as facts go: what nobody knows counts as nothing
at the low end and as everything at the high end. So silence never helps, and the width of the
interval is how little we know. The formula has a version; old scores keep theirs.
"""

from dataclasses import dataclass

VERSION = 2
WEIGHTS = {"patching": 45, "sboms": 30, "sharing": 25}
"""Points of each part. Questionnaires, readiness and incidents take their share later."""
BANDS = ((80, "low risk"), (60, "some risk"), (40, "raised risk"), (0, "high risk"))
FRESH_DAYS = {"critical": 30, "high": 90, "normal": 180, "low": 365}
"""How old the SBOM of a product may be, by the partner's tier."""
WORST = 39
"""A stop holds the score here at most, in the band of high risk."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the score goes by.

    Attributes:
        products: how many the partner supplies.
        with_sbom: how many of them have a current SBOM; without one nothing is known of it.
        fresh: how many of those are young enough for the tier.
        quality: mean quality of the current SBOMs, 0 to 100; None without any.
        due: findings that fell due in the last 90 days.
        met: how many of those were settled by then.
        critical_overdue: open critical findings past their date.
        overdue: all open findings past their date.
        has_rules: whether a sharing rule is in force; None where nobody could have noted one.
        uncovered: flows to the partner that no rule in force covers.
        has_contact: whether a security contact is on file.
    """

    products: int
    with_sbom: int
    fresh: int
    quality: float | None
    due: int
    met: int
    critical_overdue: int
    overdue: int
    has_rules: bool | None
    has_contact: bool
    uncovered: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: between ``low`` and ``high`` of ``of`` points, and why."""

    name: str
    low: float
    high: float
    of: int
    why: str


@dataclass(frozen=True, slots=True)
class Score:
    """The whole: judged by its low end. ``stops`` hold the band at high risk."""

    low: int
    high: int
    parts: tuple[Part, ...]
    stops: tuple[str, ...]

    @property
    def band(self) -> str:
        return next(word for least, word in BANDS if self.low >= least)

    @property
    def width(self) -> int:
        return self.high - self.low


def score(given: Inputs) -> Score:
    """Return the score for ``given``; more breaches and fewer SBOMs never raise it."""
    parts = (_patching(given), _sboms(given), _sharing(given))
    low, high = sum(part.low for part in parts), sum(part.high for part in parts)
    stops = tuple(
        word
        for word, holds in (
            ("a critical finding is overdue", given.critical_overdue > 0),
            ("no security contact is on file", not given.has_contact),
        )
        if holds
    )
    if stops:
        low, high = min(low, WORST), min(high, WORST)
    return Score(int(low), round(high), parts, stops)


def _patching(given: Inputs) -> Part:
    """What fell due and was settled in time, as far as SBOMs let us see it."""
    of = WEIGHTS["patching"]
    seen = given.with_sbom / given.products if given.products else 0.0
    if not given.products:
        return Part("Patching", 0, of, of, "No product is registered, so nothing is known.")
    if not given.with_sbom:
        return Part("Patching", 0, of, of, "No product has an SBOM, so no finding can open.")
    rate = given.met / given.due if given.due else 1.0
    penalty = min(1.0, 0.1 * given.overdue)
    known = of * rate * (1 - penalty)
    said = (
        f"{given.met} of {given.due} findings due in 90 days were settled in time"
        if given.due
        else "No finding fell due in 90 days"
    )
    why = (
        f"{said}, {given.overdue} overdue now; {given.with_sbom} of {given.products} products seen."
    )
    return Part("Patching", known * seen, known * seen + of * (1 - seen), of, why)


def _sboms(given: Inputs) -> Part:
    """How many products have a fresh SBOM, and how much it tells."""
    of = WEIGHTS["sboms"]
    if not given.products:
        return Part("SBOMs", 0, of, of, "No product is registered, so none is asked for.")
    fresh = given.fresh / given.products
    quality = (given.quality or 0.0) / 100
    points = of * fresh * (0.5 + 0.5 * quality)
    # An SBOM that is not fresh or missing is known to be missing; only its quality is a guess.
    unknown = of * fresh * 0.5 if given.quality is None else 0.0
    tells = f", telling {given.quality:.0f} of 100" if given.quality is not None else ""
    why = f"{given.fresh} of {given.products} products have a fresh SBOM{tells}."
    return Part("SBOMs", points, points + unknown, of, why)


def _sharing(given: Inputs) -> Part:
    of = WEIGHTS["sharing"]
    if given.has_rules is None:
        return Part("Sharing rules", 0, of, of, "Whether anything is shared is not known.")
    if given.has_rules:
        points = of * max(0.0, 1 - 0.2 * given.uncovered)
        beside = f", {given.uncovered} of the flows to it stand beside" if given.uncovered else ""
        return Part("Sharing rules", points, points, of, f"A sharing rule is in force{beside}.")
    return Part("Sharing rules", 0, 0, of, "No sharing rule is in force.")
