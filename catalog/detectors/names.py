"""Proposals from names: what a column is called, and where it stands."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from catalog.domain.labels import Level, floor

DICTIONARY = Path(__file__).with_name("names.json")

STRONG = 0.9
"""Confidence of a match that needs no context."""
IN_CONTEXT = 0.7
"""Confidence of a word that is telling only beside a person, an address or a card."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Proposal:
    """A category that a name speaks for. The evidence holds words of names, never values."""

    category: str
    level: Level
    confidence: float
    rule: str
    """Identity of the rule and of the dictionary's version, as in ``names/1:user.name``."""
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: frozenset[str]
    is_whole: bool
    """The name holds these words and no other."""
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


@cache
def dictionary(path: Path = DICTIONARY) -> Dictionary:
    """Return the dictionary in the JSON file at ``path``."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    index: dict[str, list[_Phrase]] = {}
    for rule in content["rules"]:
        for phrase in _phrases(rule):
            index.setdefault(min(phrase.words), []).append(phrase)
    return Dictionary(
        version=content["version"],
        groups={name: frozenset(words) for name, words in content["groups"].items()},
        vetoes={place: frozenset(words) for place, words in content["vetoes"].items()},
        by_word={word: tuple(phrases) for word, phrases in index.items()},
    )


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
    around = frozenset(word for name in outer for word in name)
    table = _head(outer[-1], known) if outer else frozenset()
    for word in held:
        for phrase in known.by_word.get(word, ()):
            if not phrase.words <= held or (phrase.is_whole and phrase.words != held):
                continue
            if phrase.unless_words & (held - phrase.words):
                continue
            # A place or a name of a store is not one of a person, unless a person is there.
            people = known.groups["subject"] & (around | held)
            if not people and any(known.groups[name] & (around | held) for name in phrase.unless):
                continue
            support = _support(phrase, held - phrase.words, around, table, known)
            if support is None:
                continue
            yield Proposal(
                category=phrase.category,
                level=max(Level.INTERNAL, floor([phrase.category])),
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


def _head(table: tuple[str, ...], known: Dictionary) -> frozenset[str]:
    """Return the word that says what a table's rows are: customer_order_history has orders."""
    telling = [word for word in table if word not in known.groups["generic"]]
    return frozenset(telling[-1:])


def _is_vetoed(own: tuple[str, ...], known: Dictionary) -> bool:
    return (
        own[0] in known.vetoes["first"]
        or (len(own) > 1 and own[-1] in known.vetoes["last"])
        or not known.vetoes["any"].isdisjoint(own)
    )


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


def _phrases(rule: dict[str, Any]) -> Iterator[_Phrase]:
    texts: list[tuple[str | None, str]] = [(None, text) for text in rule.get("any", ())]
    for group, phrases in rule.get("with", {}).items():
        texts += [(group, text) for text in phrases]
    for group, text in texts:
        yield _Phrase(
            words=frozenset(words(text)),
            is_whole=text.startswith("="),
            category=rule["category"],
            group=group,
            unless=tuple(rule.get("unless", ())),
            unless_words=frozenset(rule.get("unless_words", ())),
        )


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _singular(word: str) -> str:
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is", "as", "os")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches")):
        return word[:-2]
    return word[:-1]
