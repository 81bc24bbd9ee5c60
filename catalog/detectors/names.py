"""Proposals from names: what a column is called, and where it stands."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from catalog.detectors.proposals import Proposal, level_of

DICTIONARIES = Path(__file__).with_name("dictionaries")
"""One file per language; ``en`` holds the version and what withdraws a category."""

STRONG = 0.9
"""Confidence of a match that needs no context."""
IN_CONTEXT = 0.7
"""Confidence of a word that is telling only beside a person, an address or a card."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_LONGEST_NAME = 200
_BINDING = frozenset({"id", "by", "por", "par", "da", "von", "door"})
"""Words that bind to their neighbor: user_assigned_system_id is not the id of a user."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: frozenset[str]
    is_whole: bool
    """The name holds these words and no other."""
    run: tuple[str, ...]
    """The words side by side in this order, where that matters; else empty."""
    category: str
    group: str | None
    """Group that must be present; None for a phrase that needs no context."""
    unless: tuple[str, ...]
    unless_words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary, ready to look up."""

    version: int
    groups: dict[str, frozenset[str]]
    vetoes: dict[str, frozenset[str]]
    by_word: dict[str, tuple[_Phrase, ...]]
    """Phrases by one of their words, so that most names meet none."""
    quasi_identifiers: dict[str, tuple[tuple[frozenset[str], bool], ...]]
    """By kind: the words of a phrase, and whether the name holds no others."""


@cache
def dictionary(place: Path = DICTIONARIES) -> Dictionary:
    """Return the dictionary of all languages in the directory ``place``."""
    main = json.loads((place / "en.json").read_text(encoding="utf-8"))
    others = [path for path in sorted(place.glob("*.json")) if path.stem != "en"]
    contents = [main, *(json.loads(path.read_text(encoding="utf-8")) for path in others)]
    limits = _limits(main["rules"])
    index: dict[str, list[_Phrase]] = {}
    for content in contents:
        for rule in content["rules"]:
            for phrase in _phrases(rule, *limits.get(rule["category"], ((), frozenset()))):
                index.setdefault(min(phrase.words), []).append(phrase)
    return Dictionary(
        version=main["version"],
        groups=_merged(content["groups"] for content in contents),
        vetoes=_merged(content["vetoes"] for content in contents),
        by_word={word: tuple(phrases) for word, phrases in index.items()},
        quasi_identifiers={
            kind: tuple((frozenset(words(text)), text.startswith("=")) for text in phrases)
            for kind, phrases in main["quasi_identifiers"].items()
        },
    )


def _limits(rules: Iterable[dict[str, Any]]) -> dict[str, tuple[tuple[str, ...], frozenset[str]]]:
    """Return what withdraws each category; it does so in every language."""
    return {
        rule["category"]: (tuple(rule.get("unless", ())), frozenset(rule.get("unless_words", ())))
        for rule in rules
    }


def _merged(parts: Iterable[dict[str, list[str]]]) -> dict[str, frozenset[str]]:
    merged: dict[str, set[str]] = {}
    for part in parts:
        for key, phrases in part.items():
            merged.setdefault(key, set()).update(phrases)
    return {key: frozenset(phrases) for key, phrases in merged.items()}


@lru_cache(maxsize=65_536)
def words(name: str) -> tuple[str, ...]:
    """Return the lower-case words of ``name``: snake and camel case split, accents and plural
    endings taken off, digits dropped (``customerAddresses_2`` gives customer, address).
    """
    return tuple(_singular(word.lower()) for word in _WORDS.findall(_plain(name[:_LONGEST_NAME])))


def propose(
    name: str,
    *,
    context: Sequence[str] = (),
    physical_type: str = "",
    using: Dictionary | None = None,
) -> tuple[Proposal, ...]:
    """Return what the column ``name`` speaks for, the most confident first.

    Args:
        name: the column's name.
        context: names around it, outermost first: schema, table, enclosing records.
        physical_type: type in the source; a truth value says no more than yes or no.
        using: another dictionary than the one of this package.
    """
    known = using or dictionary()
    own = words(name)
    if not own or physical_type.lower().startswith("bool") or _is_vetoed(own, known):
        return ()
    best: dict[str, Proposal] = {}
    for proposal in _matches(own, [words(outer) for outer in context], known):
        other = best.get(proposal.category)
        if other is None or _rank(proposal) > _rank(other):
            best[proposal.category] = proposal
    return tuple(
        sorted(_specific(best.values()), key=lambda found: (-found.confidence, found.category))
    )


def _matches(
    own: tuple[str, ...], outer: list[tuple[str, ...]], known: Dictionary
) -> Iterator[Proposal]:
    held = frozenset(own)
    if known.by_word.keys().isdisjoint(held):
        return
    around = frozenset(word for name in outer for word in name)
    table = _head(outer[-1], known) if outer else frozenset()
    closing = _closing(own, known)
    is_thing = bool(known.vetoes["thing"] & held)
    is_nobody = known.groups["subject"].isdisjoint(held)
    for word in held:
        for phrase in known.by_word.get(word, ()):
            if not phrase.words <= held or (phrase.is_whole and phrase.words != held):
                continue
            if closing - phrase.words or phrase.unless_words & (held - phrase.words):
                continue
            if phrase.run and not _runs(phrase.run, own):
                continue
            # A place or a name of a store is not one of a person, unless a person is there.
            people = known.groups["subject"] & (around | held)
            if not people and any(known.groups[name] & (around | held) for name in phrase.unless):
                continue
            # A work order of a customer and a tool of an operator are the plant's own.
            if is_thing and (phrase.group or (is_nobody and phrase.category == "user.unique_id")):
                continue
            support = _support(phrase, held - phrase.words, around, table, known)
            if support is None:
                continue
            yield Proposal(
                category=phrase.category,
                level=level_of(phrase.category),
                confidence=STRONG if phrase.group is None else IN_CONTEXT,
                rule=f"names/{known.version}:{phrase.category}",
                evidence=(*sorted(phrase.words), *support),
            )


def _support(
    phrase: _Phrase,
    rest: frozenset[str],
    around: frozenset[str],
    table: frozenset[str],
    known: Dictionary,
) -> tuple[str, ...] | None:
    """Return the context words that carry the phrase, none for a strong one, None for no match."""
    if phrase.group is None:
        return ()
    near = table if phrase.group == "subject_table" else rest | around
    found = known.groups[phrase.group] & near
    return tuple(sorted(found)) if found else None


def _runs(run: tuple[str, ...], own: tuple[str, ...]) -> bool:
    return any(own[start : start + len(run)] == run for start in range(len(own) - len(run) + 1))


def _head(table: tuple[str, ...], known: Dictionary) -> frozenset[str]:
    """Return the word that says what a table's rows are: customer_order_history has orders."""
    telling = [word for word in table if word not in known.groups["generic"]]
    return frozenset(telling[-1:])


def _closing(own: tuple[str, ...], known: Dictionary) -> frozenset[str]:
    """Return the last word where it turns the name into something about it, as a type does."""
    told = own[:-1] if own[-1] == "id" else own
    return known.vetoes["last"] & frozenset(told[-1:]) if len(own) > 1 else frozenset()


def _is_vetoed(own: tuple[str, ...], known: Dictionary) -> bool:
    return own[0] in known.vetoes["first"] or not known.vetoes["any"].isdisjoint(own)


def _specific(found: Iterable[Proposal]) -> Iterator[Proposal]:
    """Leave out a category when a child of it is proposed as confidently."""
    proposals = list(found)
    for proposal in proposals:
        below = f"{proposal.category}."
        if not any(
            other.category.startswith(below) and other.confidence >= proposal.confidence
            for other in proposals
        ):
            yield proposal


def _rank(proposal: Proposal) -> tuple[float, int, tuple[str, ...]]:
    return proposal.confidence, len(proposal.evidence), proposal.evidence


def _phrases(
    rule: dict[str, Any], unless: tuple[str, ...], unless_words: frozenset[str]
) -> Iterator[_Phrase]:
    texts: list[tuple[str | None, str]] = [(None, text) for text in rule.get("any", ())]
    for group, phrases in rule.get("with", {}).items():
        texts += [(group, text) for text in phrases]
    for group, text in texts:
        split = words(text)
        yield _Phrase(
            words=frozenset(split),
            is_whole=text.startswith("="),
            run=split if len(split) > 1 and not _BINDING.isdisjoint(split) else (),
            category=rule["category"],
            group=group,
            unless=unless,
            unless_words=unless_words,
        )


def _plain(name: str) -> str:
    if name.isascii():
        return name
    decomposed = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _singular(word: str) -> str:
    if word == "ids":
        return "id"
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is", "as", "os")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches")):
        return word[:-2]
    return word[:-1]
