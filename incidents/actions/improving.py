"""Actions from debriefs: agreed, worked on, done, verified by somebody else, or dropped."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from governance import access, audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import User
from incidents.actions import noting
from incidents.domain.learning import MOVES, WARNED_BEFORE, ActionKind, ActionState
from incidents.errors import OwnAction, ReasonMissing
from incidents.models import ActionItem, EntryKind, Incident, RunbookVersion
from incidents.permissions import Act
from incidents.queries import people


@transaction.atomic
def agree(
    incident: Incident,
    *,
    title: str,
    kind: ActionKind,
    owner: User,
    due_on: date,
    by: Actor,
    at: datetime,
) -> ActionItem:
    """Agree on an action; also after the incident was closed.

    The same agreement again, while it is open, is the one made before.

    Raises:
        NotAllowed: ``by`` may not.
        Refused: it has no title, is due in the past, or its owner cannot see the incident.
    """
    require(by, Act.ACTION_AGREE, ActionItem(incident=incident), at=at)
    incident = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    title = " ".join(noting.clean(title).split())[:200]
    if not title:
        raise Refused("Say what is to be done, in one line.")
    if due_on < at.date():
        raise Refused("It cannot be due before today.")
    if not access.allows(owner.as_actor(), Act.INCIDENT_READ, incident, at=at):
        raise Refused(f"{owner.name} cannot see {incident.reference}, so cannot own it.")
    same = ActionItem.objects.waiting().filter(
        incident=incident, title=title, kind=kind, owner=owner, due_on=due_on
    )
    if (known := same.first()) is not None:
        return known
    last = ActionItem.objects.filter(incident=incident).aggregate(last=Max("number"))["last"] or 0
    row = ActionItem.objects.create(
        incident=incident,
        number=last + 1,
        title=title,
        kind=kind,
        owner=owner,
        due_on=due_on,
        created_by=by.ref,
        created_at=at,
    )
    text = f"Action {row.number} agreed: {title}. {owner.name}, by {due_on:%b %d, %Y}"
    noting.append(incident, EntryKind.ACTION, text, by=by, at=at)
    audit.record(by=by, act=Act.ACTION_AGREE, ref=row.ref, at=at, owner=owner.ref, due=str(due_on))
    if owner.as_actor().ref != by.ref:
        _tell(row, incident, [owner], f"{people.name(by.ref)} agreed on it with you", "new", at=at)
    return row


@transaction.atomic
def begin(row: ActionItem, *, by: Actor, at: datetime) -> ActionItem:
    """Say that it is being worked on; one that was done and did not verify goes back.

    Raises:
        NotAllowed: ``by`` may not work on actions here.
        Refused: somebody else owns it.
        Conflict: it does not stand where this leads on.
    """
    _owned(row, by, at=at)
    return _move(row, ActionState.DOING, Act.ACTION_WORK, by=by, at=at)


@transaction.atomic
def finish(
    row: ActionItem,
    *,
    outcome: str,
    by: Actor,
    at: datetime,
    version: RunbookVersion | None = None,
) -> ActionItem:
    """Say that it is done and what came of it; ``version`` carries the change of a runbook.

    Raises:
        NotAllowed, Refused, Conflict: as in `begin`.
        ReasonMissing: nothing says what came of it.
        Refused: a runbook was to change, and no version is named.
    """
    _owned(row, by, at=at)
    outcome = noting.clean(outcome)
    if not outcome:
        raise ReasonMissing("Say what came of it.")
    if row.kind == ActionKind.RUNBOOK and (version or row.version) is None:
        raise Refused("Name the version of the runbook that carries the change.")
    if version is not None and version.written_at < row.created_at:
        raise Refused("That version is older than this action: it cannot carry its change.")
    fields: dict[str, Any] = {"outcome": outcome, "done_at": at, "done_by": by.ref}
    if version is not None:
        fields["version"] = version
    return _move(row, ActionState.DONE, Act.ACTION_WORK, by=by, at=at, **fields)


@transaction.atomic
def verify(row: ActionItem, *, proof: str, by: Actor, at: datetime) -> ActionItem:
    """Say that it holds, and what shows it; by neither its owner nor whoever did it.

    Raises:
        NotAllowed: ``by`` may not verify actions here.
        OwnAction: ``by`` owns or did it.
        ReasonMissing: nothing shows it.
        Conflict: it is not done.
    """
    require(by, Act.ACTION_VERIFY, row, at=at)
    if by.ref in (row.owner.as_actor().ref, row.done_by) or by.is_service:
        raise OwnAction("Somebody else than its owner verifies an action.")
    proof = noting.clean(proof)
    if not proof:
        raise ReasonMissing("Say what shows that it holds.")
    fields = {"proof": proof, "verified_at": at, "verified_by": by.ref}
    return _move(row, ActionState.VERIFIED, Act.ACTION_VERIFY, by=by, at=at, **fields)


@transaction.atomic
def drop(row: ActionItem, *, reason: str, by: Actor, at: datetime) -> ActionItem:
    """Give it up, with the reason.

    Raises:
        NotAllowed: ``by`` may not drop actions here.
        ReasonMissing: nothing says why.
        Conflict: it has ended.
    """
    require(by, Act.ACTION_DROP, row, at=at)
    reason = noting.clean(reason)
    if not reason:
        raise ReasonMissing("Say why it is given up.")
    return _move(row, ActionState.DROPPED, Act.ACTION_DROP, by=by, at=at, reason=reason)


def warn(*, at: datetime) -> None:
    """Tell owners three days before; when it is overdue, whoever agreed on it and commands too."""
    rows = ActionItem.objects.waiting().filter(due_on__lte=(at + WARNED_BEFORE).date())
    for row in rows.select_related("owner", "incident__commander"):
        is_late = row.due_on < at.date()
        to = [row.owner]
        if is_late:
            to += [one for one in (row.incident.commander, people.person(row.created_by)) if one]
        said = f"was due {row.due_on:%b %d, %Y}" if is_late else f"is due {row.due_on:%b %d, %Y}"
        key = "late" if is_late else "soon"
        _tell(row, row.incident, list(dict.fromkeys(to)), f"It {said}", key, at=at)


def _tell(
    row: ActionItem, incident: Incident, to: list[User], said: str, key: str, *, at: datetime
) -> None:
    notices.send(
        to=to,
        subject=f"{incident.reference}: {row.title}",
        text=f"{said}: /incidents/actions/{row.pk}/",
        ref=row.ref,
        key=f"action:{row.pk}:{key}:{row.due_on}",
        at=at,
    )


def _owned(row: ActionItem, by: Actor, *, at: datetime) -> None:
    require(by, Act.ACTION_WORK, row, at=at)
    if by.ref != row.owner.as_actor().ref:
        raise Refused(f"{row.owner.name} owns this action.")


def _move(
    row: ActionItem, state: ActionState, act: Act, *, by: Actor, at: datetime, **fields: Any
) -> ActionItem:
    rows = ActionItem.objects.filter(pk=row.pk, state__in=MOVES[state])
    if not rows.update(state=state, **fields):
        row.refresh_from_db()
        raise Conflict(f"It is {row.state} now. Nothing was changed.")
    text = f"Action {row.number} {state.value}: {row.title}"
    said = fields.get("outcome") or fields.get("proof") or fields.get("reason") or ""
    noting.append(row.incident, EntryKind.ACTION, f"{text}. {said}" if said else text, by=by, at=at)
    audit.record(by=by, act=act, ref=row.ref, at=at, state=state)
    row.refresh_from_db()
    return row
