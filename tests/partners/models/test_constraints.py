"""Each truth that the database holds, and the row that would break it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from partners.models import (
    Advisory,
    AnswerDocument,
    ComponentVersion,
    EpssScore,
    Exposure,
    FeedRun,
    FindingEvent,
    SbomComponent,
    SsvcAssessment,
    VexStatement,
    VulnerabilityName,
)
from tests.builders.governance import NOW
from tests.builders.partners import (
    a_component,
    a_finding,
    a_partner,
    a_patch_policy,
    a_product,
    a_vulnerability,
    a_waiver,
    an_answer,
    an_intake,
    an_sbom,
)
from tests.builders.portal import (
    a_message,
    a_noted_contact,
    a_portal_key,
    a_sub_supplier,
    a_webhook,
    an_override,
    an_sbom_request,
    some_facts,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def a_run(**over: Any) -> FeedRun:
    fields = {
        "source": "osv",
        "file": "all.zip",
        "sha256": "0" * 64,
        "records": 3,
        "changed": 1,
        "outdated": 0,
        "defects": 0,
        "data_date": NOW,
        "at": NOW,
    }
    return FeedRun.objects.create(**{**fields, **over})


def an_advisory() -> None:
    Advisory.objects.create(
        source="osv", name="GHSA-1", digest="0" * 64, modified_at=NOW, imported_at=NOW
    )


def a_taken_document(**over: Any) -> AnswerDocument:
    fields = {"sha256": "1" * 64, "received_at": NOW, "received_by": "service:operator"}
    return AnswerDocument.objects.create(product=a_product(), **{**fields, **over})


def an_event(**over: Any) -> None:
    finding = over.pop("finding", None) or a_finding()
    FindingEvent.objects.create(finding=finding, **{"at": NOW, "text": "", **over})


def twice(make: Callable[[], object]) -> Callable[[], object]:
    def both() -> None:
        make()
        make()

    return both


def same_product_slug() -> None:
    partner = a_partner()
    for _ in range(2):
        a_product(partner=partner, slug="gateway")


def same(make: Callable[..., object], **fields: Any) -> Callable[[], object]:
    def both() -> None:
        product = a_product()
        for _ in range(2):
            make(product=product, **fields)

    return both


def same_finding() -> None:
    first = a_finding()
    a_finding(product=first.product, component=first.component, vulnerability=first.vulnerability)


def same_exposure() -> None:
    component, vulnerability = a_component(), a_vulnerability()
    for _ in range(2):
        Exposure.objects.create(component=component, vulnerability=vulnerability, known_at=NOW)


def compared_with_itself() -> None:
    key = uuid4()
    an_sbom(id=key, previous_id=key)


def same_entry() -> None:
    sbom, component = an_sbom(), a_component()
    for _ in range(2):
        SbomComponent.objects.create(sbom=sbom, component=component, pointer="/c/0", name="c")


def overdue_twice() -> None:
    finding = a_finding()
    for _ in range(2):
        an_event(finding=finding, kind="breached")


def granted(**over: Any) -> None:
    fields = {
        "state": "granted",
        "first_by": "governance.user:2",
        "first_at": NOW,
        "begins_at": NOW,
    }
    a_waiver(**{**fields, **over})


def same_document() -> None:
    product = a_product()
    for _ in range(2):
        AnswerDocument.objects.create(
            product=product,
            sha256="0" * 64,
            format="csaf-2.0",
            received_at=NOW,
            received_by="service:operator",
        )


def of_one_partner(make: Callable[..., object], **fields: Any) -> Callable[[], object]:
    def both() -> None:
        partner = a_partner()
        for _ in range(2):
            make(partner=partner, **fields)

    return both


def same_message() -> None:
    hook = a_webhook()
    for _ in range(2):
        a_message(webhook=hook)


def its_own_supplier() -> None:
    partner = a_partner()
    a_sub_supplier(partner=partner, known_as=partner)


BROKEN: dict[str, Callable[[], object]] = {
    "partner_tier_is_known": lambda: a_partner(tier="huge"),
    "partner_tier_has_a_reason": lambda: a_partner(tier_reason=""),
    "partner_party_is_its_reference": lambda: a_partner(party="partners.partner:other"),
    "product_slug_is_unique_at_its_partner": same_product_slug,
    "component_is_matchable_or_says_why_not": lambda: a_component(unmatchable="x", matched_at=NOW),
    "exposure_is_listed_once": same_exposure,
    "vulnerability_band_is_known": lambda: a_vulnerability(band="awful"),
    "advisory_is_kept_once_per_source": twice(an_advisory),
    "feed_run_counts_fit": lambda: a_run(changed=4),
    "sbom_bytes_are_taken_once_per_product": same(an_sbom, sha256="0" * 64),
    "sbom_one_is_current_per_product": same(an_sbom, is_current=True),
    "sbom_serial_and_version_name_one_document": same(an_sbom, serial="urn:uuid:1"),
    "sbom_loses_no_component": lambda: an_sbom(received=3, stored=2),
    "sbom_quality_is_a_percentage": lambda: an_sbom(quality=101),
    "sbom_is_compared_with_another": compared_with_itself,
    "sbom_format_is_known": lambda: an_sbom(format="spreadsheet"),
    "sbom_component_is_listed_once": same_entry,
    "sbom_component_is_known_or_set_aside": lambda: SbomComponent.objects.create(
        sbom=an_sbom(), pointer="/c/0", name="c"
    ),
    "intake_is_kept_once_per_product_and_bytes": same(an_intake, sha256="0" * 64),
    "intake_finishes_with_an_outcome": lambda: an_intake(finished_at=NOW),
    "intake_outcome_is_known_and_accepted_means_an_sbom": lambda: an_intake(
        outcome="accepted", finished_at=NOW
    ),
    "finding_is_listed_once": same_finding,
    "finding_state_is_known": lambda: a_finding(state="lost", ended_at=NOW),
    "finding_band_is_known": lambda: a_finding(band="awful"),
    "finding_ends_when_it_is_not_open": lambda: a_finding(state="fixed"),
    "finding_due_date_says_why": lambda: a_finding(why=""),
    "finding_only_harmless_has_no_clock": lambda: a_finding(
        due_at=None, anchor_at=None, term_days=None, anchor="", due_rule="", why=""
    ),
    "finding_is_due_after_its_anchor": lambda: a_finding(due_at=NOW - timedelta(days=1)),
    "finding_breach_is_dated_when_due": lambda: a_finding(breached_at=LATER),
    "finding_is_waived_from_and_until": lambda: a_finding(waived_from=LATER, waived_until=NOW),
    "finding_claim_is_known_and_of_an_open_one": lambda: a_finding(
        claim="fixed", state="fixed", ended_at=NOW
    ),
    "vulnerability_exploitation_is_known": lambda: a_vulnerability(exploitation="maybe"),
    "vulnerability_is_exploited_before_it_is_due": lambda: a_vulnerability(exploited_due_on=NOW),
    "epss_is_a_probability": lambda: EpssScore.objects.create(cve="C", score=1.5, percentile=0),
    "ssvc_exploitation_is_known": lambda: SsvcAssessment.objects.create(
        cve="C", exploitation="maybe"
    ),
    "patch_policy_terms_are_days_of_a_year": lambda: a_patch_policy(critical_days=0),
    "patch_policy_anchor_is_known": lambda: a_patch_policy(anchor="moon"),
    "waiver_state_is_known": lambda: a_waiver(state="lost"),
    "waiver_has_a_reason_and_an_owner": lambda: a_waiver(owner=""),
    "waiver_is_granted_by_others": lambda: granted(first_by="governance.user:1"),
    "waiver_decision_has_who_and_when": lambda: granted(first_at=None),
    "waiver_second_decision_has_who_and_when": lambda: granted(second_by="governance.user:3"),
    "waiver_begins_when_it_is_granted": lambda: granted(begins_at=None),
    "waiver_of_exploited_is_granted_by_two": lambda: granted(needs_two=True),
    "waiver_lasts_90_days_at_most": lambda: granted(until=NOW + timedelta(days=91)),
    "waiver_ended_early_says_when": lambda: granted(state="ended"),
    "answer_document_is_taken_once_per_product": same_document,
    "answer_document_finishes_with_an_outcome": lambda: a_taken_document(outcome="taken"),
    "vex_statement_without_claims_says_why": lambda: VexStatement.objects.create(
        document=a_taken_document(), became="unresolved"
    ),
    "answer_status_is_known": lambda: an_answer(status="fine"),
    "answer_decision_is_known": lambda: an_answer(
        decision="maybe", decided_by="policy", decided_at=NOW
    ),
    "answer_decision_has_who_and_when": lambda: an_answer(decision="accepted"),
    "answer_of_not_affected_says_why": lambda: an_answer(justification=""),
    "finding_event_kind_is_known": lambda: an_event(kind="praised"),
    "finding_is_overdue_once": overdue_twice,
    "portal_key_ends_after_it_begins": lambda: a_portal_key(valid_to=NOW),
    "portal_key_revoked_has_who_and_when": lambda: a_portal_key(revoked_at=LATER),
    "portal_key_has_name_and_scope": lambda: a_portal_key(scopes=[]),
    "sbom_request_is_due_after_it_is_made": lambda: an_sbom_request(due_at=NOW),
    "sbom_request_says_why": lambda: an_sbom_request(reason=""),
    "sbom_request_declined_says_why": lambda: an_sbom_request(declined_at=LATER),
    "sbom_request_ends_one_way": lambda: an_sbom_request(
        declined_at=LATER, declined_why="no", withdrawn_at=LATER
    ),
    "sbom_request_link_has_who_and_end": lambda: an_sbom_request(link_digest="0" * 64),
    "sbom_request_link_is_unique": twice(
        lambda: an_sbom_request(link_digest="0" * 64, link_until=LATER, link_by="x")
    ),
    "webhook_secret_before_has_an_end": lambda: a_webhook(previous_secret="sealed"),
    "webhook_disabled_says_why": lambda: a_webhook(disabled_at=LATER),
    "webhook_is_https_and_wants_something": lambda: a_webhook(url="http://example.org/"),
    "webhook_message_is_written_once": same_message,
    "webhook_message_is_delivered_or_given_up": lambda: a_message(
        delivered_at=LATER, ended_at=LATER
    ),
    "contact_role_is_known": lambda: a_noted_contact(role="friend"),
    "contact_can_be_reached": lambda: a_noted_contact(email=""),
    "contact_is_listed_once": of_one_partner(a_noted_contact),
    "partner_facts_are_known_words": lambda: some_facts(data="all"),
    "tier_override_says_which_and_why": lambda: an_override(reason=""),
    "tier_override_ends": lambda: an_override(valid_to=NOW),
    "sub_supplier_has_name_and_purpose": lambda: a_sub_supplier(supplies=""),
    "sub_supplier_is_another": its_own_supplier,
    "sub_supplier_is_listed_once": of_one_partner(a_sub_supplier),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses(name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        BROKEN[name]()


def test_what_happened_is_never_rewritten() -> None:
    an_event(kind="opened")
    rows = FindingEvent.objects.all()
    for change in (lambda: rows.update(text="other"), lambda: rows._raw_delete("default")):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change()


def test_a_name_leads_to_one_vulnerability() -> None:
    VulnerabilityName.objects.create(name="CVE-1", vulnerability=a_vulnerability())
    with pytest.raises(IntegrityError), transaction.atomic():
        VulnerabilityName.objects.create(name="CVE-1", vulnerability=a_vulnerability())


def test_components_are_the_same_everywhere() -> None:
    a_component("pkg:pypi/requests@1.0")
    with pytest.raises(IntegrityError), transaction.atomic():
        a_component("pkg:pypi/Requests@1.0")
    assert ComponentVersion.objects.count() == 1
