"""The rules of breaches and notices: brought in by one person, approved by a second."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from incidents.actions import noting
from incidents.errors import OwnRules, ReasonMissing, RulesInvalid
from incidents.models import RuleSet
from incidents.permissions import Act
from incidents.statutes import reading


@transaction.atomic
def bring(document: bytes, *, change: str, by: Actor, at: datetime) -> RuleSet:
    """Keep ``document`` as the next version; it is in force once somebody else approves it.

    Raises:
        NotAllowed: ``by`` may not bring rules in.
        RulesInvalid: the document is no set of rules.
        ReasonMissing: nothing says what changes.
        Conflict: these very bytes are a version already.
    """
    require(by, Act.RULES_WRITE, RuleSet(), at=at)
    change = noting.clean(change)
    if not change:
        raise ReasonMissing("Say what changes, and by which source.")
    try:
        rules = reading.read(document)
    except reading.RulesFault as error:
        raise RulesInvalid(str(error)) from error
    if RuleSet.objects.filter(sha256=rules.sha256).exists():
        raise Conflict("These very rules are a version already.")
    row = RuleSet.objects.create(
        number=1 + (RuleSet.objects.aggregate(last=Max("number"))["last"] or 0),
        document=document,
        sha256=rules.sha256,
        version=rules.version,
        change=change,
        written_by=by.ref,
        written_at=at,
    )
    audit.record(by=by, act=Act.RULES_WRITE, ref=row.ref, at=at, sha256=row.sha256, change=change)
    return row


@transaction.atomic
def approve(row: RuleSet, *, by: Actor, at: datetime) -> RuleSet:
    """Put ``row`` in force for decisions from now on; earlier ones keep their version.

    Raises:
        NotAllowed: ``by`` may not approve rules.
        OwnRules: ``by`` brought them in, or is no person.
        Conflict: they are approved already.
    """
    require(by, Act.RULES_APPROVE, row, at=at)
    if by.is_service or by.ref == row.written_by:
        raise OwnRules("A second person approves rules that somebody brought in.")
    if not RuleSet.objects.filter(pk=row.pk, approved_at=None).update(
        approved_by=by.ref, approved_at=at
    ):
        raise Conflict(f"The {row} are approved already.")
    audit.record(by=by, act=Act.RULES_APPROVE, ref=row.ref, at=at, sha256=row.sha256)
    row.refresh_from_db()
    return row
