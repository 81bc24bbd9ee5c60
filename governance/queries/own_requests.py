"""What one person asked for, what became of it, and until when they have it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from governance.domain.grants import Standing
from governance.models import PENDING, AccessRequest, Grant, RequestState, User
from governance.queries import names, presence
from governance.queries.presence import Presence, Where

MOST = 200
RELATED = (
    *("system", "requester", "grantee", "owner", "deputy"),
    *("grant__system__owner", "grant__system__site"),
)


@dataclass(frozen=True, slots=True)
class Given:
    """A grant, how it stands, and who gave it."""

    grant: Grant
    standing: Standing
    by: str
    presence: Presence

    @property
    def ended_at(self) -> datetime | None:
        """Return since when it holds no more; None while it may still hold."""
        ends = {Standing.REVOKED: self.grant.revoked_at, Standing.EXPIRED: self.grant.valid_to}
        return ends.get(self.standing)

    @property
    def holds(self) -> bool:
        """Whether the access is there now: approved, in force, and where it must be."""
        return self.standing is Standing.ACTIVE and self.presence.holds


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its state in words, who is to decide while it waits, and what was given."""

    request: AccessRequest
    state: str
    turn: str
    decider: str
    given: Given | None

    @property
    def is_pending(self) -> bool:
        """Whether its clock runs."""
        return self.request.state in PENDING


@dataclass(frozen=True, slots=True)
class Own:
    """Requests, waiting ones first, and what was given to this person without one."""

    requests: tuple[Asked, ...]
    others: tuple[Given, ...]
    is_cut: bool


def one(person: User, key: int, *, at: datetime) -> Asked | None:
    """Return the request with this key, if ``person`` asked for it or was to get it."""
    found = AccessRequest.objects.filter(Q(requester=person) | Q(grantee=person), pk=key)
    row = found.select_related(*RELATED).first()
    if row is None:
        return None
    named = names.named([row.decided_by, row.first_approved_by])
    grant: Grant | None = getattr(row, "grant", None)
    words = {ref: name.text for ref, name in named.items()}
    return _asked(row, words, presence.of([grant] if grant else []), at=at)


def of(person: User, *, at: datetime) -> Own:
    """Return what ``person`` asked for or was to get, and no row of anybody else.

    Five queries, however many there are.
    """
    rows = list(
        AccessRequest.objects.filter(Q(requester=person) | Q(grantee=person))
        .select_related(*RELATED)
        .order_by("-submitted_at", "-pk")[: MOST + 1]
    )
    unasked = list(
        Grant.objects.filter(grantee=person, request=None)
        .select_related("system__owner", "system__site")
        .order_by("-valid_to", "pk")[:MOST]
    )
    named = names.named(
        [
            *(row.decided_by for row in rows),
            *(row.first_approved_by for row in rows),
            *(one.approved_by for one in unasked),
        ]
    )
    words = {ref: one.text for ref, one in named.items()}
    given = [grant for row in rows[:MOST] if (grant := getattr(row, "grant", None))]
    stands = presence.of([*given, *unasked])
    asked = [_asked(row, words, stands, at=at) for row in rows[:MOST]]
    asked.sort(key=lambda one: not one.is_pending)
    others = tuple(_given(one, words.get(one.approved_by, ""), stands, at=at) for one in unasked)
    return Own(tuple(asked), others, len(rows) > MOST)


def _asked(
    row: AccessRequest, words: dict[str, str], stands: dict[int, Presence], *, at: datetime
) -> Asked:
    grant: Grant | None = getattr(row, "grant", None)
    decider = words.get(row.decided_by, "")
    given = _given(grant, decider, stands, at=at) if grant else None
    return Asked(
        request=row,
        state=_stands(row, given) if given else state(row),
        turn=turn(row, words.get(row.first_approved_by, ""), at=at),
        decider=decider,
        given=given,
    )


def _given(grant: Grant, by: str, stands: dict[int, Presence], *, at: datetime) -> Given:
    return Given(grant, grant.standing(at), by, stands[grant.pk])


def _stands(row: AccessRequest, given: Given) -> str:
    """Return how what was granted stands: approved is not there yet."""
    if given.ended_at is not None:
        return "Taken away" if given.standing is Standing.REVOKED else "Ended"
    if given.standing is not Standing.ACTIVE:
        return f"Approved, {given.standing}"
    if given.presence.where is Where.ABSENT:
        return "Approved, not there yet"
    if given.presence.where is Where.UNCOMPARED:
        return "Approved, not compared yet"
    return state(row)


def state(row: AccessRequest) -> str:
    """Return how a request stands, in words; of two approvals the second may be missing."""
    if row.state == RequestState.OPEN and row.first_approved_at is not None:
        return "Waiting for a second approval"
    return str(row.get_state_display())


def turn(row: AccessRequest, first_approver: str = "", *, at: datetime) -> str:
    """Return who is to decide at ``at``; empty where nobody is any more."""
    if row.state != RequestState.OPEN:
        return ""
    if row.first_approved_at is not None:
        return f"somebody of the board other than {first_approver or 'who approved first'}"
    route = row.route
    if at >= route.all_from:
        return "everybody whom the policy lets decide"
    people = [str(row.owner)] if row.owner else []
    if row.deputy and at >= route.deputy_from:
        people.append(str(row.deputy))
    return f"{' or '.join(people)}; from {route.all_from:%b %d, %H:%M} UTC others too"


def outcome(row: AccessRequest, *, at: datetime) -> str:
    """Return what came of a request that was submitted just now."""
    if row.state == RequestState.GRANTED:
        until = f"until {row.grant.valid_to:%b %d, %Y, %H:%M} UTC"
        if row.act:
            return f"granted at once, {until}."
        return f"approved at once, {until}. {presence.giver(row.system)} gives it in {row.system}."
    if row.state == RequestState.APPROVED:
        return f"approved at once, not yet granted: {row.missing}"
    return f"waits for {turn(row, at=at)}. Due {row.due_at:%b %d, %H:%M} UTC."
