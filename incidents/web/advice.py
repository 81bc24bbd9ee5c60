"""What to do next while no step of a runbook waits: one thing, with why."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from incidents.domain.closing import Gate, GateName
from incidents.domain.incidents import Phase
from incidents.runbooks.core import CoreRunbook

_BOOKS = {
    Phase.REPORTED: (CoreRunbook.DETECTION, "nobody has looked into it by the runbook"),
    Phase.ACTIVE: (CoreRunbook.CONTAINMENT, "it is not contained yet"),
    Phase.CONTAINED: (CoreRunbook.RECOVERY, "it is contained and not restored yet"),
    Phase.RECOVERING: (CoreRunbook.RECOVERY, "it is not restored yet"),
    Phase.REVIEW: (CoreRunbook.LEARNING, "it is restored, and what it teaches is fresh"),
}
_MILESTONES = {
    Phase.ACTIVE: "contained",
    Phase.CONTAINED: "restored",
    Phase.RECOVERING: "restored",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """One of four: ``runbook`` is to be started, ``milestone`` to be answered, ``place`` to be
    gone to, or ``closes`` asks for the end.
    """

    title: str
    why: str
    runbook: str = ""
    milestone: str = ""
    place: str = ""
    closes: bool = False


def advise(
    phase: Phase,
    gates: Iterable[Gate],
    *,
    begun: Collection[str],
    startable: Iterable[tuple[str, str]],
) -> Advice:
    """Return what comes next in ``phase``: its runbook, its milestone, then what closing asks."""
    book, because = _BOOKS[phase]
    name = dict(startable).get(book.value)
    if name and book.value not in begun:
        return Advice(f"Start {name}", f"No step waits: {because}.", runbook=book.value)
    if phase in _MILESTONES:
        milestone = _MILESTONES[phase]
        why = f"Its runbook was worked through, and {because}."
        return Advice(f"Say when it was {milestone}", why, milestone=milestone)
    waiting = [gate for gate in gates if gate.is_open]
    if not waiting:
        return Advice("Close it", "Everything that closing asks for is answered.", closes=True)
    said = "; ".join(f"{gate.name}: {gate.words}" for gate in waiting)
    place = "learn" if waiting[0].slug is GateName.DEBRIEF else "gates"
    return Advice("Answer what is open before it is closed", f"{said}.", place=place)
