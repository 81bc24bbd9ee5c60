"""Columns that are harmless one by one and single out a person together."""

from collections.abc import Iterable, Mapping

from catalog.detectors.names import Dictionary, dictionary, words
from catalog.detectors.proposals import Proposal
from catalog.domain.labels import PERSONAL, Level, closure

VERSION = 1
FEWEST = 3
"""Kinds of quasi-identifiers in one table that single out a person.

Birth date, sex and postcode alone identify most of a population (Sweeney, 2000).
"""

_KIND_OF = {
    "user.demographic.date_of_birth": "birth",
    "user.demographic.age_range": "birth",
    "user.demographic.gender": "sex",
    "user.contact.address.postal_code": "place",
    "user.contact.address.city": "place",
    "user.location": "place",
    "user.job_title": "job",
}


def quasi_identifiers(
    columns: Mapping[str, Iterable[str]], *, using: Dictionary | None = None
) -> dict[str, list[str]]:
    """Return the kinds of quasi-identifiers in a table, each with its columns.

    Kinds are birth (date or age), sex, place (postcode or town), job, site and shift.

    Args:
        columns: categories of each column of the table, by the column's name. A column
            without a category counts by its name: a shift or a site is no one's data alone.
        using: another dictionary than the one of this package.
    """
    phrases = (using or dictionary()).quasi_identifiers
    found: dict[str, list[str]] = {}
    for name, categories in columns.items():
        own = frozenset(words(name))
        kinds = {_KIND_OF[key] for key in closure(categories) if key in _KIND_OF}
        kinds |= {
            kind
            for kind, known in phrases.items()
            if any(told == own if is_whole else told <= own for told, is_whole in known)
        }
        for kind in kinds:
            found.setdefault(kind, []).append(name)
    return found


def combine(
    columns: Mapping[str, Iterable[str]], *, using: Dictionary | None = None
) -> Proposal | None:
    """Return that a table singles out persons, to be asserted on the table only, or None.

    Two columns of one kind count once. One kind must be a person's: a sex, a job, or a
    birth that a detector found. Age, site and shift alone describe a machine.
    """
    found = quasi_identifiers(columns, using=using)
    said = {_KIND_OF[key] for keys in columns.values() for key in closure(keys) if key in _KIND_OF}
    of_person = found.keys() & {"sex", "job"} | said & {"birth"}
    if len(found) < FEWEST or not of_person:
        return None
    return Proposal(
        category=PERSONAL,
        level=Level.CONFIDENTIAL,
        confidence=0.8,
        rule=f"combination/{VERSION}:quasi_identifiers",
        evidence=tuple(f"{kind}: {', '.join(sorted(found[kind]))}" for kind in sorted(found)),
    )
