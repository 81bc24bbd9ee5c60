"""CISA BOD 26-04 asks for more than a date: some rows of its table want forensic triage."""

from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.models import Alarm
from partners.actions import clocks
from partners.domain.exploitation import bod_term
from partners.models import Finding, FindingState
from partners.permissions import Act

KIND = "forensic_triage"
MOST = 50
"""So many products are asked about in one look; the next look asks about the rest."""


@transaction.atomic
def look(*, by: Actor, at: datetime) -> int:
    """Raise an alarm, once for each product and vulnerability, where triage is wanted.

    Only while the terms in force count BOD 26-04. What was not known and taken as the table's
    reader should is named in the alarm; unknown exposure counts as exposed.

    Raises:
        NotAllowed: ``by`` may not sweep findings.
    """
    require(by, Act.FINDING_SWEEP, Finding(), at=at)
    if not clocks.policy_in_force().uses_bod_26_04:
        return 0
    raised = 0
    for finding in _listed():
        term = bod_term(
            kev=finding.vulnerability.kev,
            ssvc=finding.vulnerability.ssvc,
            is_exposed=finding.product.is_exposed,
        )
        if term is None or not term.wants_triage:
            continue
        raised += _raise(finding, term.assumed, at=at)
        if raised >= MOST:
            break
    if raised:
        ref = Finding.resource_type()
        audit.record(by=by, act=Act.FINDING_SWEEP, ref=ref, at=at, triages=raised)
    return raised


def _listed() -> list[Finding]:
    """Return open findings of what is listed as exploited, one for each product and set."""
    rows = Finding.objects.filter(
        state=FindingState.OPEN, vulnerability__exploited_on__isnull=False
    ).select_related("vulnerability", "product__partner")
    pairs = ("product_id", "vulnerability_id")
    return list(rows.order_by(*pairs, "pk").distinct(*pairs))


def _raise(finding: Finding, assumed: tuple[str, ...], *, at: datetime) -> bool:
    said = f" Assumed, as nobody stated it: {', '.join(assumed)}." if assumed else ""
    _, is_new = Alarm.objects.get_or_create(
        key=f"{KIND}:{finding.product_id}:{finding.vulnerability_id}",
        defaults={
            "kind": KIND,
            "severity": 2,
            "ref": finding.ref,
            "detail": (
                f"{finding.vulnerability} is exploited and lies in {finding.product}: CISA BOD "
                f"26-04 asks for forensic triage beside the patch.{said}"
            ),
            "raised_at": at,
        },
    )
    return is_new
