"""Acts on evidence: viewed, handed over and accepted, sealed, released, held, destroyed."""

from datetime import datetime
from functools import partial

from django.db import transaction

from governance import audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Refused
from governance.models import User
from incidents.actions import collecting, noting
from incidents.domain.custody import CustodyAct, CustodyError, Step, check, fold
from incidents.errors import CustodyRefused
from incidents.models import CustodyEvent, EntryKind, EvidenceItem, Incident
from incidents.permissions import Act
from incidents.queries import people

ACTS = {
    CustodyAct.VIEWED: Act.EVIDENCE_VIEW,
    CustodyAct.TRANSFERRED: Act.EVIDENCE_MOVE,
    CustodyAct.ACCEPTED: Act.EVIDENCE_MOVE,
    CustodyAct.DECLINED: Act.EVIDENCE_MOVE,
    CustodyAct.SEALED: Act.EVIDENCE_MOVE,
    CustodyAct.RELEASED: Act.EVIDENCE_MOVE,
    CustodyAct.HELD: Act.EVIDENCE_HOLD,
    CustodyAct.HOLD_LIFTED: Act.EVIDENCE_HOLD,
    CustodyAct.DESTRUCTION_ASKED: Act.EVIDENCE_DESTROY,
    CustodyAct.DESTROYED: Act.EVIDENCE_DESTROY,
}
_SAID = {
    CustodyAct.VIEWED: "viewed",
    CustodyAct.TRANSFERRED: "handed to {to}, who has yet to accept it",
    CustodyAct.ACCEPTED: "accepted",
    CustodyAct.DECLINED: "not accepted",
    CustodyAct.SEALED: "sealed",
    CustodyAct.RELEASED: "released to {to}",
    CustodyAct.HELD: "put under legal hold",
    CustodyAct.HOLD_LIFTED: "freed of its legal hold",
    CustodyAct.DESTRUCTION_ASKED: "to be destroyed, once a second person agrees",
    CustodyAct.DESTROYED: "destroyed",
}


@transaction.atomic
def take(
    item: EvidenceItem,
    act: CustodyAct,
    *,
    by: Actor,
    at: datetime,
    to: str = "",
    reason: str = "",
) -> CustodyEvent:
    """Add ``act`` to the chain of ``item``; also when its incident has ended.

    ``to`` is the reference of a person for a transfer, words for a release. Destroyed files
    are removed once this is committed, unless another item has the same bytes.

    Raises:
        NotAllowed: ``by`` may not do this with evidence here.
        CustodyRefused: the chain does not allow it; the message says why.
        Refused: nobody is called ``to``.
    """
    kind = ACTS.get(act)
    if kind is None:
        raise Refused("Evidence is collected and received as it comes in, not later.")
    require(by, kind, item, at=at)
    incident = _locked(item)
    reason = noting.clean(reason)
    receiver = _person(to) if act is CustodyAct.TRANSFERRED else None
    to = receiver.as_actor().ref if receiver else " ".join(noting.clean(to).split())[:200]
    step = Step(act, by.ref, to)
    chain = list(CustodyEvent.objects.filter(item=item).order_by("seq"))
    held = fold(row.as_step() for row in chain)
    try:
        check(held, step, reason=reason, keep_until=item.keep_until, on=at.date())
    except CustodyError as error:
        raise CustodyRefused(f"{error}.") from error
    row = CustodyEvent.objects.create(
        item=item, seq=len(chain) + 1, act=act, by=by.ref, to=to, at=at, reason=reason,
        sha256=item.sha256,
    )  # fmt: skip
    said = _SAID[act].format(to=receiver.name if receiver else to)
    text = f"Evidence {item.label} {said}" + (f": {reason}" if reason else "")
    noting.append(incident, EntryKind.EVIDENCE, text, by=by, at=at)
    audit.record(
        by=by, act=kind, ref=item.ref, at=at, custody=act, to=to or None, reason=reason or None
    )
    if receiver is not None:
        _tell(item, receiver, incident, by=by, at=at, seq=row.seq)
    if act is CustodyAct.DESTROYED:
        transaction.on_commit(partial(_remove, item.sha256))
    return row


def _locked(item: EvidenceItem) -> Incident:
    """Return the incident, locked: acts on its evidence come one after the other."""
    return Incident.objects.select_for_update(of=("self",)).get(pk=item.incident_id)


def _person(ref: str) -> User:
    found = None
    if ref.startswith("user:"):
        found = people.person(ref)
    if found is None:
        raise Refused("Choose somebody of the list to hand it to.")
    return found


def _tell(
    item: EvidenceItem, to: User, incident: Incident, *, by: Actor, at: datetime, seq: int
) -> None:
    notices.send(
        to=[to],
        subject=f"{incident.reference}: evidence {item.label} was handed to you",
        text=(
            f"{people.name(by.ref)} handed you {item.name}. Accept or decline it in "
            f"/incidents/{incident.reference}/evidence/{item.number}/."
        ),
        ref=item.ref,
        key=f"evidence_offer:{item.pk}:{seq}",
        at=at,
    )


def _remove(sha256: str) -> None:
    """Remove the bytes, if every item that has them is destroyed."""
    items = EvidenceItem.objects.filter(sha256=sha256)
    gone = items.filter(chain__act=CustodyAct.DESTROYED)
    if items.count() == gone.distinct().count():
        collecting.shelf().remove(sha256)


__all__ = ["ACTS", "take"]
