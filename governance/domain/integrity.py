"""What integrity of the audit log means: rules, budgets, and the figure they give.

``integrity = verified / expected``. Expected are all entries that should be there: those
that any witness has proof of, those not yet sequenced, and versions of rows that have no
entry. Verified are those for which every rule holds.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any


class Rule(StrEnum):
    """What must hold of an entry."""

    LEAF = "V1"
    """The leaf hash, the columns and the body agree with the sealed bytes."""
    TREE = "V2"
    """It stands in a tree whose root equals each signed head, held here or outside."""
    SIGNATURE = "V3"
    """The signatures of the log and of enough witnesses are valid."""
    ORDER = "V4"
    """Numbers run without gaps, and no event has two."""
    WITNESSED = "V5"
    """Witnesses saw it within 60 s."""
    COMPLETE = "V6"
    """It says who, what, when and where (OWASP ASVS 5.0, 16.2.1)."""
    TIME = "V7"
    """Its time lies between the witnessed heads around it."""
    ROW = "V8"
    """The row it speaks of is as it says, and no version of it lacks an entry."""


BUDGETED = frozenset({Rule.WITNESSED, Rule.COMPLETE})
"""Rules that may fail for one entry in a thousand; the others never."""
BUDGET = 0.001

WITNESS_WITHIN = timedelta(seconds=60)
CLOCKS_APART = timedelta(seconds=5)
LONGEST_TRANSACTION = timedelta(hours=1)
KEPT_PER_RULE = 50
"""So many failures of each rule are kept, so that none crowds out the first of another."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One entry that one rule does not hold for; without a number it never got one."""

    rule: Rule
    seq: int | None
    event_id: int | None
    detail: str

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Failure":
        """Return what ``as_json`` stored."""
        return cls(Rule(stored["rule"]), stored["seq"], stored["event_id"], stored["detail"])

    def as_json(self) -> dict[str, object]:
        """Return it as it is stored."""
        return {
            "rule": str(self.rule),
            "seq": self.seq,
            "event_id": self.event_id,
            "detail": self.detail,
        }


@dataclass(slots=True)
class Tally:
    """Entries expected and verified, in all and by day and tenant, and what failed."""

    expected: int = 0
    verified: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    days: dict[str, list[int]] = field(default_factory=dict)
    tenants: dict[str, list[int]] = field(default_factory=dict)

    def count(
        self, day: date | None, tenant: str, failed: list[Failure], *, times: int = 1
    ) -> None:
        """Take one expected entry (or several alike) and the rules that it breaks, if any."""
        good = 0 if failed else times
        self.expected += times
        self.verified += good
        for table, key in ((self.days, str(day or "")), (self.tenants, tenant)):
            pair = table.setdefault(key, [0, 0])
            pair[0] += times
            pair[1] += good
        for failure in failed:
            self.classes[str(failure.rule)] += times
        self.failures = _kept([*self.failures, *failed]) if failed else self.failures

    def merge(self, before: "Tally") -> None:
        """Add what an earlier check of the entries before these found."""
        self.expected += before.expected
        self.verified += before.verified
        self.classes.update(before.classes)
        self.failures = _kept([*before.failures, *self.failures])
        for mine, theirs in ((self.days, before.days), (self.tenants, before.tenants)):
            for key, (expected, verified) in theirs.items():
                pair = mine.setdefault(key, [0, 0])
                pair[0] += expected
                pair[1] += verified

    def as_json(self) -> dict[str, object]:
        """Return it as it is stored."""
        return {
            "expected": self.expected,
            "verified": self.verified,
            "classes": dict(self.classes),
            "failures": [one.as_json() for one in self.failures],
            "days": self.days,
            "tenants": self.tenants,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Tally":
        """Return what ``as_json`` stored."""
        return cls(
            stored["expected"],
            stored["verified"],
            Counter(stored["classes"]),
            [Failure.from_json(one) for one in stored["failures"]],
            stored["days"],
            stored["tenants"],
        )

    @property
    def first(self) -> Failure | None:
        """Return the failure with the lowest number."""
        return min(self.failures, key=lambda one: (one.seq is None, one.seq or 0), default=None)


def _kept(failures: list[Failure]) -> list[Failure]:
    seen: Counter[Rule] = Counter()
    found = []
    for one in failures:
        seen[one.rule] += 1
        if seen[one.rule] <= KEPT_PER_RULE:
            found.append(one)
    return found


def broken(classes: Mapping[str, int], *, expected: int) -> list[Rule]:
    """Return the rules whose budget is spent: any failure where the budget is zero."""
    return [
        rule
        for rule in Rule
        if classes.get(rule, 0) > (BUDGET * expected if rule in BUDGETED else 0)
    ]
