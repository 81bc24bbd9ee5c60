"""What must be answered before an incident is closed; each gate says what is open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from incidents.domain import proof
from incidents.domain.milestones import Milestone, MilestoneKind, Status

# Each line is answered by any one of its milestones: a time, or unknown, never, not applicable.
REQUIRED: tuple[tuple[MilestoneKind, ...], ...] = (
    (MilestoneKind.INITIAL_COMPROMISE, MilestoneKind.FIRST_MALICIOUS_ACTION),
    (MilestoneKind.DETECTED,),
    (MilestoneKind.DECLARED,),
    (MilestoneKind.CONTAINED,),
    (MilestoneKind.ERADICATED,),
    (MilestoneKind.RESTORED,),
)


class GateName(StrEnum):
    """The gates of closing, in the order in which they are shown."""

    MILESTONES = "milestones"
    RUNBOOKS = "runbooks"
    DEBRIEF = "debrief"
    BREACH = "breach"
    NOTICES = "notices"
    CUSTODY = "custody"


_TITLES = {
    GateName.MILESTONES: "Milestones answered",
    GateName.RUNBOOKS: "Runbooks worked through",
    GateName.DEBRIEF: "Debrief held",
    GateName.BREACH: "Breach decided",
    GateName.NOTICES: "Notices sent or ruled out",
    GateName.CUSTODY: "Custody complete",
}


@dataclass(frozen=True)
class Gate:
    """One condition of closing: whether it holds, and in words what is missing.

    ``is_waived`` says that somebody asked to close without it and another person agreed.
    """

    slug: GateName
    is_met: bool
    words: str
    is_waived: bool = False

    @property
    def name(self) -> str:
        """Return what pages call it."""
        return _TITLES[self.slug]

    @property
    def is_open(self) -> bool:
        """Whether it keeps the incident from being closed."""
        return not (self.is_met or self.is_waived)


@dataclass(frozen=True)
class Standing:
    """What gates ask of an incident besides its milestones.

    ``debrief`` and ``is_decided`` are None where none is asked for. ``is_major`` asks for
    evidence of what was contained and restored, or for why there is none.
    """

    open_steps: int = 0
    debrief: bool | None = None
    is_debrief_open: bool = False
    is_decided: bool | None = None
    open_notices: tuple[str, ...] = ()
    open_custody: tuple[str, ...] = ()
    is_major: bool = False


def gates(
    current: Mapping[str, Milestone],
    standing: Standing,
    *,
    waived: Mapping[str, str] | None = None,
) -> tuple[Gate, ...]:
    """Return the gates of closing; ``waived`` gives the words of each one that was waived."""
    found = [_milestones(current, standing.is_major), _runbooks(standing.open_steps)]
    if standing.debrief is not None:
        words = "not held yet" if standing.is_debrief_open else "not opened yet"
        held = standing.debrief
        found.append(Gate(GateName.DEBRIEF, held, "held" if held else words))
    if standing.is_decided is not None:
        words = "decided" if standing.is_decided else "nobody decided whether it is a breach"
        found.append(Gate(GateName.BREACH, standing.is_decided, words))
    found.append(_listed(GateName.NOTICES, standing.open_notices, "none is open"))
    found.append(_listed(GateName.CUSTODY, standing.open_custody, "nothing hangs in the air"))
    said = waived or {}
    return tuple(
        replace(gate, is_waived=True, words=f"{gate.words}; waived: {said[gate.slug]}")
        if not gate.is_met and gate.slug in said
        else gate
        for gate in found
    )


def _milestones(current: Mapping[str, Milestone], is_major: bool) -> Gate:
    blank = [
        kinds[0].value.replace("_", " ")
        for kinds in REQUIRED
        if not any(kind.value in current for kind in kinds)
    ]
    words = [f"open: {', '.join(blank)}"] if blank else []
    unshown = [
        kind.value
        for kind in proof.NEEDED
        if (held := current.get(kind.value)) is not None
        and held.status is Status.KNOWN
        and not proof.of(held.reason).is_given
    ]
    if is_major and unshown:
        words.append(f"without evidence: {', '.join(unshown)}")
    said = "; ".join(words) or "each has its time or its reason"
    return Gate(GateName.MILESTONES, not words, said)


def _runbooks(open_steps: int) -> Gate:
    words = f"{open_steps} {'step waits' if open_steps == 1 else 'steps wait'}"
    return Gate(GateName.RUNBOOKS, not open_steps, words if open_steps else "no step waits")


def _listed(slug: GateName, waiting: Iterable[str], clear: str) -> Gate:
    names = list(waiting)
    return Gate(slug, not names, f"open: {', '.join(names)}" if names else clear)
