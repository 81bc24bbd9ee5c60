"""What must be answered before an incident is closed; each gate says what is open."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from incidents.domain.incidents import Severity
from incidents.domain.milestones import Milestone, MilestoneKind

# Each line is answered by any one of its milestones: a time, or unknown, never, not applicable.
REQUIRED: tuple[tuple[MilestoneKind, ...], ...] = (
    (MilestoneKind.INITIAL_COMPROMISE, MilestoneKind.FIRST_MALICIOUS_ACTION),
    (MilestoneKind.DETECTED,),
    (MilestoneKind.DECLARED,),
    (MilestoneKind.CONTAINED,),
    (MilestoneKind.ERADICATED,),
    (MilestoneKind.RESTORED,),
)
DEBRIEF = "learning"


@dataclass(frozen=True)
class Gate:
    """One condition of closing: its name, whether it holds, and what is missing in words."""

    name: str
    is_met: bool
    words: str


def gates(
    current: Mapping[str, Milestone],
    *,
    severity: Severity,
    open_steps: int,
    finished: Collection[str],
) -> tuple[Gate, ...]:
    """Return the gates of closing, in the order in which they are shown.

    ``open_steps`` counts the steps that wait in any runbook, ``finished`` names the
    runbooks worked through to the end. The debrief is mandatory for SEV1 and SEV2.
    """
    blank = [
        kinds[0].value.replace("_", " ")
        for kinds in REQUIRED
        if not any(kind.value in current for kind in kinds)
    ]
    steps = f"{open_steps} {'step waits' if open_steps == 1 else 'steps wait'}"
    held = [
        Gate(
            "Milestones answered",
            not blank,
            f"open: {', '.join(blank)}" if blank else "each has its time or its reason",
        ),
        Gate("Runbooks worked through", not open_steps, steps if open_steps else "no step waits"),
    ]
    if severity.is_major:
        is_held = DEBRIEF in finished
        words = "held" if is_held else "the runbook Post-incident learning is not finished"
        held.append(Gate("Debrief held", is_held, words))
    return tuple(held)
