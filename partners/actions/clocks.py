"""From rows to due dates: the facts that count, the policy, and the columns that say why."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from partners.domain import patching
from partners.domain.exploitation import Exploitation, Kev, Ssvc
from partners.domain.patching import Anchor, Contract, Due, DueRule, Facts, Policy
from partners.domain.severity import Band
from partners.models import Finding, PatchPolicy

COLUMNS = ["anchor", "anchor_at", "due_at", "due_rule", "term_days", "why", "policy_version"]


def policy_in_force() -> Policy:
    """Return the newest version of the terms; the built-in ones before any was decided."""
    newest = PatchPolicy.objects.first()
    return newest.as_rule() if newest else Policy()


def policies() -> dict[int, Policy]:
    """Return every version of the terms."""
    found = {1: Policy()}
    found.update((row.version, row.as_rule()) for row in PatchPolicy.objects.all())
    return found


def facts(row: Mapping[str, Any]) -> Facts:
    """Return what the due date of a row of ``statements.TO_OPEN`` follows from."""
    listed = row["exploited_on"]
    return Facts(
        first_seen_at=row["first_seen_at"],
        published_at=row["published_at"],
        band=Band(row["band"]),
        zone=ZoneInfo(row["time_zone"]),
        contract=Contract(row["contract_critical_days"], row["contract_other_days"]),
        kev=Kev(listed, row["exploited_due_on"]) if listed else None,
        ssvc=Ssvc(
            Exploitation(row["exploitation"]) if row["exploitation"] else None,
            row["is_automatable"],
            row["is_total"],
            row["assessed_on"],
        ),
        is_exposed=row["is_exposed"],
    )


def facts_of(finding: Finding) -> Facts:
    """Return the same for a standing finding; its frozen anchor stands for both instants."""
    product, known = finding.product, finding.vulnerability
    return Facts(
        first_seen_at=finding.anchor_at or finding.opened_at,
        band=Band(known.band),
        zone=ZoneInfo(product.site.time_zone),
        contract=Contract(
            product.partner.contract_critical_days, product.partner.contract_other_days
        ),
        kev=known.kev,
        ssvc=known.ssvc,
        is_exposed=product.is_exposed,
    )


def due(row: Mapping[str, Any], *, policy: Policy) -> Due | None:
    """Return when a row of ``statements.TO_OPEN`` is due."""
    return patching.due(facts(row), policy=policy)


def standing(finding: Finding) -> Due | None:
    """Return the due date that a finding has now."""
    if finding.due_at is None or finding.anchor_at is None:
        return None
    return Due(
        anchor_at=finding.anchor_at,
        anchor=Anchor(finding.anchor),
        due_at=finding.due_at,
        rule=DueRule(finding.due_rule),
        term_days=finding.term_days or 0,
        is_flagged=finding.band == Band.UNRATED,
        policy_version=finding.policy_version,
        why=finding.why,
    )


def columns(found: Due | None, *, policy: Policy) -> dict[str, Any]:
    """Return a due date as the columns of a finding; without a clock only the version."""
    if found is None:
        return {"policy_version": policy.version}
    return {
        "anchor": found.anchor,
        "anchor_at": found.anchor_at,
        "due_at": found.due_at,
        "due_rule": found.rule,
        "term_days": found.term_days,
        "why": found.why,
        "policy_version": found.policy_version,
    }
