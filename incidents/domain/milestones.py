"""The instants that an incident's clocks run between, and what is known of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from incidents.domain.intervals import Interval, Precision


class MilestoneKind(StrEnum):
    """The milestones in the order in which they are expected."""

    FIRST_MALICIOUS_ACTION = "first_malicious_action"
    INITIAL_COMPROMISE = "initial_compromise"
    FIRST_EXFILTRATION = "first_exfiltration"
    DETECTED = "detected"
    ALERT_RAISED = "alert_raised"
    ACKNOWLEDGED = "acknowledged"
    DECLARED = "declared"
    CONTAINED = "contained"
    ERADICATED = "eradicated"
    RESTORED = "restored"
    NOTIFIED = "notified"
    CLOSED = "closed"


SYSTEM_SET = frozenset(
    {
        MilestoneKind.ALERT_RAISED,
        MilestoneKind.ACKNOWLEDGED,
        MilestoneKind.DECLARED,
        MilestoneKind.CLOSED,
    }
)

_RESPONSE = (
    MilestoneKind.DETECTED,
    MilestoneKind.ALERT_RAISED,
    MilestoneKind.ACKNOWLEDGED,
    MilestoneKind.DECLARED,
)
# Pairs that may come in either order: an automatic block contains before anyone looks; data
# may leave after detection; a person may declare before the alert; notices run on their own.
_FREE = frozenset(
    {frozenset({MilestoneKind.CONTAINED, kind}) for kind in _RESPONSE}
    | {frozenset({MilestoneKind.FIRST_EXFILTRATION, kind}) for kind in _RESPONSE}
    | {frozenset({MilestoneKind.DECLARED, kind}) for kind in _RESPONSE[1:3]}
    | {
        frozenset({MilestoneKind.NOTIFIED, kind})
        for kind in MilestoneKind
        if kind not in (MilestoneKind.DETECTED, MilestoneKind.NOTIFIED)
    }
)


class Status(StrEnum):
    """The answers to "when?". Without an entry the question is open and blocks the close.

    ``retracted`` opens the question again: its clock runs on, and the first value stays visible.
    """

    KNOWN = "known"
    UNKNOWN = "unknown"
    NEVER = "never"
    NOT_APPLICABLE = "not_applicable"
    RETRACTED = "retracted"


class Source(StrEnum):
    """Where the value comes from; an estimate states its basis."""

    SYSTEM = "system"
    HUMAN = "human"
    ESTIMATE = "estimate"


@dataclass(frozen=True)
class Milestone:
    """One entry for one milestone; a correction is a new entry with the next ``seq``.

    ``zone`` is the IANA name in which the time was stated, ``party`` who was notified,
    ``reason`` why it is unanswered, corrected, or out of order, ``basis`` what an estimate
    rests on.
    """

    kind: MilestoneKind
    status: Status
    source: Source
    interval: Interval | None = None
    precision: Precision = Precision.SECOND
    zone: str = "UTC"
    party: str = ""
    reason: str = ""
    basis: str = ""
    seq: int = 1

    def __post_init__(self) -> None:
        """Refuse entries that contradict themselves or keep silent where words are due."""
        if (self.status is Status.KNOWN) != (self.interval is not None):
            raise ValueError("a milestone has a time exactly when its status is known")
        if (self.kind is MilestoneKind.NOTIFIED) != bool(self.party):
            raise ValueError("a party is named for a notification, and only there")
        if self.source is Source.ESTIMATE and not self.basis:
            raise ValueError("an estimate says what it rests on")
        if self.status is not Status.KNOWN and not self.reason:
            raise ValueError(f"{self.status.value} needs a reason")
        if self.seq < 1 or (self.seq > 1 and not self.reason):
            raise ValueError("a correction needs a reason")

    @property
    def key(self) -> str:
        """What the entry is about: the kind, for a notification with its party."""
        return f"{self.kind.value}:{self.party}" if self.party else self.kind.value


def current(entries: Iterable[Milestone]) -> dict[str, Milestone]:
    """Return the newest entry of each milestone by its key, without the retracted ones."""
    newest: dict[str, Milestone] = {}
    for entry in entries:
        if entry.key not in newest or newest[entry.key].seq < entry.seq:
            newest[entry.key] = entry
    return {key: entry for key, entry in newest.items() if entry.status is not Status.RETRACTED}


def correct(entries: Iterable[Milestone], entry: Milestone) -> Milestone:
    """Return ``entry`` numbered as the next one for its milestone.

    Raises:
        ValueError: it replaces an earlier entry without a reason.
    """
    last = max((old.seq for old in entries if old.key == entry.key), default=0)
    return replace(entry, seq=last + 1)


class Order(StrEnum):
    """How two milestones contradict their expected order."""

    REVERSED = "reversed"
    OVERLAPPING = "overlapping"


@dataclass(frozen=True)
class OrderFinding:
    """Two milestones out of order: ``earlier`` was expected before ``later``.

    A reversal is refused unless a reason is given; an overlap is only a warning.
    """

    order: Order
    earlier: Milestone
    later: Milestone


def check_order(entry: Milestone, others: Iterable[Milestone]) -> tuple[OrderFinding, ...]:
    """Compare ``entry`` with the current milestones, reversals first.

    Contained before detected is legal (an automatic block), as are the other pairs whose
    order is free. Milestones that are not known contradict nothing.
    """
    found = []
    for other in others:
        pair = frozenset({entry.kind, other.kind})
        if len(pair) < 2 or pair in _FREE:
            continue
        earlier, later = sorted((entry, other), key=lambda one: _RANK[one.kind])
        if earlier.interval is None or later.interval is None:
            continue
        if later.interval.precedes(earlier.interval):
            found.append(OrderFinding(Order.REVERSED, earlier, later))
        elif later.interval.overlaps(earlier.interval) and later.interval != earlier.interval:
            found.append(OrderFinding(Order.OVERLAPPING, earlier, later))
    return tuple(sorted(found, key=lambda one: one.order is Order.OVERLAPPING))


_RANK = {kind: rank for rank, kind in enumerate(MilestoneKind)}


def propose_detected(
    *, alert_raised: Interval | None, reported: Interval | None
) -> Interval | None:
    """Return the earlier of the first alert and the first human report, where there is one."""
    held = [one for one in (alert_raised, reported) if one is not None]
    return min(held, key=lambda one: one.start, default=None)
