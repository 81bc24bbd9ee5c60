"""Taking entries of the audit log out of the house: itself an entry of the log."""

from datetime import datetime

from django.db import transaction

from governance import access, audit
from governance.domain.actor import Actor
from governance.models import AuditEvent
from governance.permissions import Act
from governance.queries.audit_search import Wanted

LOG = "governance.auditevent:log"


@transaction.atomic
def begin(wanted: Wanted, *, form: str, by: Actor, at: datetime) -> None:
    """Record that ``by`` takes out what is ``wanted``, as ``form`` (csv, json, ocsf).

    Raises:
        NotAllowed: ``by`` may not.
    """
    access.require(by, Act.AUDIT_EXPORT, AuditEvent(), at=at)
    audit.record(by=by, act=Act.AUDIT_EXPORT, ref=LOG, at=at, format=form, wanted=wanted.words())
