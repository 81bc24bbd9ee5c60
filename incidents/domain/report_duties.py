"""What a report says of duties and of work: notices, actions, and who did the steps."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Late:
    """A duty whose time is over and that is still open."""

    reference: str
    key: int
    title: str
    due: str


@dataclass(frozen=True, slots=True)
class Notices:
    """Notices whose time ended in the period: sent by then, sent later, or still open.

    ``undated`` ones are owed without a fixed time, ``overdue`` is every open one whose time is
    over at the report's instant, whenever that was.
    """

    in_time: int
    sent_late: int
    missed: int
    undated: int
    overdue: tuple[Late, ...]

    @property
    def due(self) -> int:
        """Return how many had their time end in the period; those ruled out are not among them."""
        return self.in_time + self.sent_late + self.missed


@dataclass(frozen=True, slots=True)
class Actions:
    """Actions of debriefs that their owners still have to do, and those past their day."""

    agreed: int
    waiting: int
    overdue: tuple[Late, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """Steps of runbooks that were done in the period: by people, and by executors alone."""

    people: int
    executors: int

    @property
    def steps(self) -> int:
        return self.people + self.executors


@dataclass(frozen=True, slots=True)
class Duties:
    """All of it; ``drills`` counts those of the period, which are reported apart."""

    notices: Notices
    actions: Actions
    work: Work
    drills: int


def notices(found: Notices) -> str:
    """Write which share was sent in time, of how many; no share where none was due."""
    if not found.due:
        said = "No data yet: no notice was due in the period"
    else:
        said = f"{found.in_time} of {found.due} sent in time, {found.in_time / found.due:.0%}"
        said += f"; {found.sent_late} sent late" if found.sent_late else ""
        said += f"; {found.missed} not sent" if found.missed else ""
    said += f"; {found.undated} open without a fixed time" if found.undated else ""
    return said + (f"; {len(found.overdue)} overdue now" if found.overdue else "")


def actions(found: Actions) -> str:
    """Write how many of the open ones are past their day."""
    if not found.agreed:
        return "No data yet: no action was agreed"
    if not found.waiting:
        return f"None of {found.agreed} is open"
    late = len(found.overdue)
    return f"{late or 'None'} of {found.waiting} open {'is' if late < 2 else 'are'} overdue"


def work(found: Work) -> str:
    """Write how the steps split between people and executors."""
    if not found.steps:
        return "No data yet: no step of a runbook was done in the period"
    share = found.executors / found.steps
    return (
        f"{found.people} of {found.steps} steps by people, "
        f"{found.executors} by executors ({share:.0%})"
    )


def lines(found: Duties) -> list[tuple[str, str]]:
    """Return each name with its words, in the order in which page and paper show them."""
    return [
        ("Notices", notices(found.notices)),
        ("Actions", actions(found.actions)),
        ("Steps of runbooks", work(found.work)),
    ]
