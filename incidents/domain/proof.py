"""What shows that it was contained or restored: evidence by number, or why there is none."""

import re
from dataclasses import dataclass

from incidents.domain.milestones import MilestoneKind

NEEDED = (MilestoneKind.CONTAINED, MilestoneKind.RESTORED)
"""What a SEV1 or SEV2 reaches with proof alone."""

_FIRST = re.compile(r"e-?(?P<number>[1-9][0-9]{0,5})\b[:,]?\s*", re.IGNORECASE)
_LAST = re.compile(r"(?:^|\s)e-?(?P<number>[1-9][0-9]{0,5})$", re.IGNORECASE)
_NONE = re.compile(r"(?:^|\s)no evidence\b\s*[:,]?\s*(?P<why>.*)$", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Proof:
    """``number`` of an item of evidence of the incident, or ``why`` there is none; or neither."""

    number: int = 0
    why: str = ""

    @property
    def is_given(self) -> bool:
        """Whether it names an item, or says why there is none."""
        return bool(self.number or self.why)


def of(text: str) -> Proof:
    """Read what stands behind the time of a milestone.

    An item is named first or last, as E3 or E-3; ``no evidence:`` is followed by the reason.
    """
    text = text.strip()
    named = _FIRST.match(text) or _LAST.search(text)
    if named:
        return Proof(number=int(named["number"]))
    none = _NONE.search(text)
    return Proof(why=none["why"].strip()) if none else Proof()


def written(when: str, proof: Proof) -> str:
    """Return what stands behind a quick command that was put together in a form."""
    if proof.number:
        return f"{when} E{proof.number}".strip()
    return f"{when} no evidence: {proof.why}".strip() if proof.why else when.strip()
