"""Proposals from sampled values: what a column holds, decided on the column, never on one hit."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from catalog.detectors import phones
from catalog.detectors.checks import CHECKS, Check, is_inside, tail
from catalog.detectors.names import words
from catalog.detectors.proposals import Proposal, level_of
from catalog.detectors.shapes import Profile, dates, profile

RULES = Path(__file__).with_name("values.json")

_MUTE_TYPES = re.compile(
    r"bool|bit\b|float|double|real|bytea|blob|binary|json|xml|geometry|interval"
)
"""Physical types whose text holds no number, address or date of a person."""
_SILENT = frozenset({"scientific"})
"""Facts that silence every rule: a spreadsheet has destroyed the numbers."""

_NO_PHONES = frozenset({"decimal", "date", "version", "gtin", "counter", "epoch"})
"""Facts that rule out telephone numbers. Letters glued to digits may be an extension, x123."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column and a sample of its values, null left out."""

    name: str
    values: Sequence[str]
    physical_type: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    category: str
    shape: re.Pattern[str]
    check: Check
    pattern: re.Pattern[str] | None
    confidence: float
    vetoes: frozenset[str]
    share: float
    distinct: int
    base_rate: float | None
    purity: float
    """Share of the values of the right shape that must pass."""
    lead: int
    """Number of first characters that must differ between values; a maker's prefix does not."""
    name: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules and thresholds, ready to use."""

    version: int
    rules: tuple[_Rule, ...]
    thresholds: dict[str, float]
    vocabulary: dict[str, frozenset[str]]
    national_phones: dict[str, float]


@cache
def rules(path: Path = RULES) -> Rules:
    """Return the rules in the JSON file at ``path``.

    Raises:
        KeyError: a rule names a check that does not exist, or leaves out what it needs.
    """
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    limits: dict[str, float] = content["thresholds"]
    return Rules(
        version=content["version"],
        rules=tuple(
            _rule(entry, limits, kind) for kind in ("patterns", "checks") for entry in content[kind]
        ),
        thresholds=limits,
        vocabulary={
            key: frozenset(word for phrase in content[key] for word in words(phrase))
            for key in ("phone_words", "birth_words", "not_birth_words", "user_words")
        },
        national_phones=content["national_phones"],
    )


def _rule(entry: dict[str, Any], limits: dict[str, float], kind: str) -> _Rule:
    return _Rule(
        id=entry["id"],
        category=entry["category"],
        shape=re.compile(entry["shape"]),
        check=CHECKS[entry["check"]],
        pattern=re.compile(entry["pattern"]) if "pattern" in entry else None,
        confidence=entry["confidence"],
        vetoes=frozenset(entry.get("vetoes", ())),
        share=entry.get("share", limits[f"share_of_{kind}"]),
        distinct=int(entry.get("distinct", limits[f"distinct_for_{kind}"])),
        base_rate=entry["base_rate"] if kind == "checks" else None,
        purity=entry.get("purity", 0),
        lead=entry.get("lead", 0),
        name=frozenset(entry.get("name", ())),
    )


def judge(column: Column, *, on: date, using: Rules | None = None) -> tuple[Proposal, ...]:
    """Return what the values of ``column`` speak for, the most confident first.

    Values are compared as whole values; a number inside a sentence is not looked for.

    Args:
        column: name, type and values; the first 200 distinct ones are looked at.
        on: the day of the judgment; a later date is no date of birth.
        using: other rules than those of this package.
    """
    known = using or rules()
    if _MUTE_TYPES.search(column.physical_type.lower()):
        return ()
    seen = profile(column.values)
    if seen is None or not _SILENT.isdisjoint(seen.facts):
        return ()
    named = frozenset(words(column.name))
    found = [*_by_rules(seen, named, known)]
    if not found:
        found += _birth(seen, column.physical_type, named, on, known)
    if not found:
        found += _phone(seen, named, known)
    return tuple(_best(found))


def proves(rule: str) -> bool:
    """Whether the ``rule`` of a proposal rules chance out, as check digits do."""
    name = rule.rpartition(":")[2]
    return any(known.id == name and known.base_rate is not None for known in rules().rules)


def _by_rules(seen: Profile, named: frozenset[str], known: Rules) -> Iterator[Proposal]:
    total = len(seen.values)
    users = not known.vocabulary["user_words"].isdisjoint(named)
    for rule in known.rules:
        if total < rule.distinct or not rule.vetoes.isdisjoint(seen.facts):
            continue
        if rule.name and rule.name.isdisjoint(named):
            continue
        fitting = seen.share(rule.shape)
        if fitting < rule.share:
            continue
        passing = _passing(rule, seen)
        if len(passing) < max(rule.share, fitting * rule.purity) * total:
            continue
        if rule.base_rate is not None:
            chance = tail(len(passing), total, rule.base_rate)
            if chance >= known.thresholds["tail"]:
                continue
        if not users and _are_machines(rule, passing):
            continue
        yield _proposal(rule, len(passing), total, known)


def _are_machines(rule: _Rule, values: list[str]) -> bool:
    """Whether addresses are all of private networks, where machines live, or of few makers."""
    if rule.id in ("ipv4", "ipv6"):
        return all(map(is_inside, values))
    leads = {value[: rule.lead] for value in values}
    return len(leads) < len(values) / 2 if rule.lead else False


def _passing(rule: _Rule, seen: Profile) -> list[str]:
    """Return the values that hold, or fewer once too many have failed."""
    allowed = (1 - rule.share) * len(seen.values)
    fitting = {shape for shape in seen.shapes if rule.shape.fullmatch(shape)}
    passing: list[str] = []
    failed = 0
    for value, shape in seen.shape_of.items():
        if (
            shape in fitting
            and (rule.pattern is None or rule.pattern.fullmatch(value))
            and rule.check(value)
        ):
            passing.append(value)
        else:
            failed += 1
            if failed > allowed:
                break
    return passing


def _proposal(rule: _Rule, hits: int, total: int, known: Rules) -> Proposal:
    proof = rule.base_rate is not None
    counts = f"{hits} of {total} distinct values"
    chance = (f"chance below {known.thresholds['tail']:.0e}",) if proof else ()
    return Proposal(
        category=rule.category,
        level=level_of(rule.category),
        confidence=rule.confidence,
        rule=f"values/{known.version}:{rule.id}",
        evidence=(rule.id, counts, *chance),
        is_proof=proof,
    )


def _birth(
    seen: Profile, physical_type: str, named: frozenset[str], on: date, known: Rules
) -> Iterator[Proposal]:
    limits = known.thresholds
    is_date = "date" in seen.facts or physical_type.lower() == "date"
    if not is_date or len(seen.values) < limits["distinct_for_dates"]:
        return
    supported = bool(known.vocabulary["birth_words"] & named)
    if not supported and known.vocabulary["not_birth_words"] & named:
        return
    written, has_time = dates(seen.values)
    if len(written) < 0.8 * len(seen.values) or has_time:
        return
    oldest, newest = min(written), max(written)
    if newest > on or oldest.year < on.year - 125:
        return
    # Years written as their first day are those of machines and contracts.
    if len({(day.month, day.day) for day in written}) < len(written) / 4:
        return
    years = (newest - oldest).days / 365.25
    # Plants run for decades, but they go on: persons in the data were born some time ago.
    sure = years >= limits["birth_sure_span_years"]
    past = (on - newest).days / 365.25 >= limits["birth_newest_years"]
    if years < limits["birth_span_years"] or not (supported or sure or past):
        return
    yield Proposal(
        category="user.demographic.date_of_birth",
        level=level_of("user.demographic.date_of_birth"),
        confidence=0.9 if supported else 0.7,
        rule=f"values/{known.version}:birth_date",
        evidence=(
            "birth_date",
            f"{len(written)} of {len(seen.values)} distinct values",
            f"span of {int(years)} years",
        ),
    )


def _phone(seen: Profile, named: frozenset[str], known: Rules) -> Iterator[Proposal]:
    limits = known.thresholds
    supported = bool(known.vocabulary["phone_words"] & named)
    if len(seen.values) < limits["distinct_for_patterns"]:
        return
    if not _NO_PHONES.isdisjoint(seen.facts):
        return
    share = limits["phone_share"]
    if phones.are_written_so(seen.values) < share:
        return
    signal = phones.signaled(seen.values)
    region = (
        phones.region(seen.values, share=share)
        if signal >= limits["phone_signal"]
        else phones.national(
            seen.values,
            known.national_phones,
            share=limits["national_phone_share"],
            limit=limits["tail"],
        )
    )
    if region is None and not supported:
        return
    yield Proposal(
        category="user.contact.phone_number",
        level=level_of("user.contact.phone_number"),
        confidence=0.8 if region and supported else 0.6,
        rule=f"values/{known.version}:phone",
        evidence=(
            "phone",
            f"{round(signal * len(seen.values))} of {len(seen.values)} values say a country",
            f"region {region}" if region else "supported by the name",
        ),
    )


def _best(found: Iterable[Proposal]) -> Iterator[Proposal]:
    """Keep the most confident proposal of each category, in the order of confidence."""
    taken: set[str] = set()
    for proposal in sorted(found, key=lambda one: (-one.is_proof, -one.confidence, one.rule)):
        if proposal.category not in taken:
            taken.add(proposal.category)
            yield proposal
