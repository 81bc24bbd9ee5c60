"""Each constraint of the ground refuses a row that would break its truth."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from governance import box
from governance.models import (
    Absence,
    AccessRequest,
    AccessReview,
    AccessReviewItem,
    Activation,
    Alarm,
    BackupAttestation,
    DecisionLog,
    DriftFinding,
    GovernedSystem,
    Grant,
    Job,
    MeasureSample,
    Membership,
    Notice,
    ObservedGrant,
    PolicyHead,
    PolicyReview,
    PolicyRule,
    PolicyShadow,
    PolicyVersion,
    PrincipalAlias,
    RevocationPlan,
    Role,
    SealedAccess,
    ShadowDisagreement,
    Site,
    Snapshot,
    SodRule,
    User,
)
from tests.builders.governance import a_site, a_system, a_user, holds, the_enterprise

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(days=1), NOW - timedelta(days=1)


def a_decision(**over: Any) -> DecisionLog:
    fields = {"at": NOW, "subject": "user:1", "act": "a", "resource": "r:1", "domain": "*"}
    return DecisionLog.objects.create(**{**fields, "allow": True, "reason": "allow:rule", **over})


def a_request(**over: Any) -> AccessRequest:
    fields = {
        "system": a_system(),
        "requester": a_user(),
        "principal": "ana",
        "entitlement": "select",
        "scope": "mes.badge",
        "purpose": "shift report",
        "submitted_at": NOW,
        "due_at": LATER,
    }
    return AccessRequest.objects.create(**{**fields, **over})


def a_grant(**over: Any) -> Grant:
    fields = {
        "system": a_system(),
        "principal": "ana",
        "entitlement": "select",
        "scope": "mes.badge",
        "valid_from": NOW,
        "valid_to": LATER,
        "approved_by": "user:1",
    }
    return Grant.objects.create(**{**fields, **over})


def a_snapshot(**over: Any) -> Snapshot:
    fields = {"system": a_system(), "taken_at": NOW, "state": "compared", "grants": 0}
    return Snapshot.objects.create(**{**fields, **over})


def a_finding(**over: Any) -> DriftFinding:
    fields = {
        "system": a_system(),
        "kind": "missing",
        "principal": "ana",
        "severity": "high",
        "first_seen_at": NOW,
        "last_seen_at": NOW,
    }
    return DriftFinding.objects.create(**{**fields, **over})


def an_alias(system: GovernedSystem, **over: Any) -> PrincipalAlias:
    fields = {"system": system, "principal": "ana", "purpose": "batch jobs"}
    return PrincipalAlias.objects.create(**{**fields, **over})


def a_plan(**over: Any) -> RevocationPlan:
    fields = {
        "system": a_system(),
        "statements": "REVOKE ...",
        "drafted_by": "user:1",
        "drafted_at": NOW,
        "reason": "test",
    }
    return RevocationPlan.objects.create(**{**fields, **over})


def a_sod_rule(**over: Any) -> SodRule:
    fields = {"slug": "pay", "reason": "test", "left_entitlement": "pay"}
    return SodRule.objects.create(**{**fields, "right_entitlement": "order", **over})


def a_job(**over: Any) -> Job:
    return Job.objects.create(**{"kind": "k", "key": "k", "actor": "a", "due_at": NOW, **over})


def a_version(**over: Any) -> PolicyVersion:
    fields = {
        "number": 900,
        "model_conf": "m",
        "content_sha256": "0",
        "author": "a",
        "created_at": NOW,
    }
    return PolicyVersion.objects.create(**{**fields, **over})


def a_rule(version: PolicyVersion, **over: Any) -> PolicyRule:
    fields = {"ordinal": 0, "rid": "r", "sub": "s", "rtype": "t", "act": "a"}
    return PolicyRule.objects.create(version=version, **{**fields, **over})


def a_trial(version: PolicyVersion, **over: Any) -> PolicyShadow:
    fields = {"version": version, "started_at": NOW, "started_by": "a"}
    return PolicyShadow.objects.create(**{**fields, **over})


def a_disagreement(trial: PolicyShadow) -> ShadowDisagreement:
    return ShadowDisagreement.objects.create(
        shadow=trial,
        subject="s",
        act="a",
        domain="*",
        resource="r",
        would_allow=True,
        first_at=NOW,
        last_at=NOW,
    )


def an_alarm(severity: int) -> Alarm:
    return Alarm.objects.create(
        kind="k", severity=severity, ref="r", key="k", detail="d", raised_at=NOW
    )


def an_attestation(**over: Any) -> BackupAttestation:
    fields = {
        "kind": "restore",
        "file": "f",
        "sha256": "0" * 64,
        "taken_at": EARLIER,
        "restored_at": NOW,
        "operator": "service:operator",
        "verifier": "service:verifier",
        "result": "valid",
        "rto_seconds": 1.0,
        "rpo_seconds": 0.0,
        "missing_entries": 0,
    }
    return BackupAttestation.objects.create(**{**fields, **over})


def a_sample(**over: Any) -> MeasureSample:
    return MeasureSample.objects.create(**{"measure": "m", "day": NOW.date(), "at": NOW, **over})


def twice(make: Callable[[], Model]) -> None:
    make()
    make()


def twice_with(first: Callable[[], Any], make: Callable[[Any], object]) -> None:
    shared = first()
    make(shared)
    make(shared)


def a_membership(**over: Any) -> Membership:
    fields = {
        "user": a_user(),
        "role": Role.objects.get(slug="steward"),
        "site": the_enterprise(),
        "valid_from": NOW,
        "granted_by": "a",
        "reason": "r",
    }
    return Membership.objects.create(**{**fields, **over})


def a_notice(user: User) -> Notice:
    return Notice.objects.create(user=user, key="k", subject="s", text="t", created_at=NOW)


def an_absence(**over: Any) -> Absence:
    fields = {"user": a_user(), "site": a_site(), "since": NOW, "until": LATER, "declared_by": "a"}
    return Absence.objects.create(**{**fields, **over})


def overlapping() -> None:
    system = a_system()
    a_grant(system=system)
    a_grant(system=system, valid_from=NOW + timedelta(hours=1))


def absent_for_oneself() -> None:
    user = a_user()
    an_absence(user=user, deputy=user)


def an_activation(**over: Any) -> Activation:
    system, user = a_system(), over.pop("user", None) or a_user()
    known = {"system": system, "principal": "p", "entitlement": "e", "scope": "s"}
    fields = {
        "sealed": SealedAccess.objects.create(**known, name="s", sealed_at=NOW, sealed_by="a"),
        "grant": a_grant(**known),
        "user": user,
        "reason": "r",
        "activated_at": NOW,
        "review_due_at": LATER,
    }
    return Activation.objects.create(**{**fields, **over})


def overridden_by_oneself() -> None:
    user = a_user()
    said = {"overridden_at": NOW, "overridden_by": user, "override_reason": "r"}
    an_activation(user=user, review_due_at=NOW + timedelta(hours=24), **said)


def approved_twice_by_one() -> None:
    first = {"first_approved_at": NOW, "first_approved_by": "user:a"}
    a_request(**first, state="approved", missing="m", decided_at=NOW, decided_by="user:a")


def reviewed_by_oneself() -> None:
    user = a_user()
    judged = {"outcome": "justified", "review_text": "t"}
    an_activation(user=user, reviewed_at=NOW, reviewed_by=user, **judged)


def a_seal_without_act() -> None:
    known = {"system": a_system(), "principal": "p", "entitlement": "e", "scope": "s"}
    SealedAccess.objects.create(**known, name="s", resource="a.b:1", sealed_at=NOW, sealed_by="a")


def a_review(**over: Any) -> AccessReview:
    fields = {
        "quarter": "2026-Q4",
        "scope_at": NOW,
        "opens_at": NOW,
        "due_at": LATER,
    }
    site = over.pop("site", None) or a_site()
    return AccessReview.objects.create(site=site, **{**fields, **over})


def a_review_item(**over: Any) -> AccessReviewItem:
    fields = {
        "principal": "ana",
        "asset_group": "mes",
        "action": "select",
        "origin": "grant",
        "scopes": ["mes.badge"],
    }
    review = over.pop("review", None) or a_review()
    system = over.pop("system", None) or a_system(site=review.site)
    return AccessReviewItem.objects.create(review=review, system=system, **{**fields, **over})


def a_decided_item(verdict: str, **over: Any) -> AccessReviewItem:
    fields = {"decided_at": NOW, "decided_by": "user:1", "decided_in_seconds": 1.0, "reason": "r"}
    return a_review_item(verdict=verdict, **{**fields, **over})


def the_same_item_twice() -> None:
    review = a_review()
    system = a_system(site=review.site)
    a_review_item(review=review, system=system)
    a_review_item(review=review, system=system)


def reviewed_by_its_holder() -> None:
    user = a_user()
    a_review_item(holder=user, reviewer=user)


def decided_by_its_holder() -> None:
    user = a_user()
    a_decided_item("keep", holder=user, decided_by=user.as_actor().ref)


BREAKING: list[tuple[str, Callable[[], object]]] = [
    ("review_is_held_once_a_quarter", lambda: twice_with(a_site, lambda site: a_review(site=site))),
    ("review_quarter_is_known", lambda: a_review(quarter="2026-Q5")),
    ("review_is_due_after_it_opens", lambda: a_review(due_at=NOW)),
    ("review_is_due_after_it_opens", lambda: a_review(scope_at=LATER)),
    ("review_closed_has_who_when_and_seal", lambda: a_review(state="closed")),
    ("review_closed_has_who_when_and_seal", lambda: a_review(seal="0" * 64)),
    ("review_item_is_listed_once", the_same_item_twice),
    ("review_item_origin_fits", lambda: a_review_item(origin="gift")),
    ("review_item_origin_fits", lambda: a_review_item(origin="observed")),
    ("review_item_level_is_known", lambda: a_review_item(level="odd")),
    ("review_item_reviewer_is_not_its_holder", reviewed_by_its_holder),
    ("review_item_is_decided_by_another", decided_by_its_holder),
    ("review_item_decision_has_who_and_when", lambda: a_review_item(verdict="keep")),
    ("review_item_decision_has_who_and_when", lambda: a_decided_item("burn")),
    ("review_item_change_has_a_reason", lambda: a_decided_item("revoke", reason="")),
    ("review_item_shortened_has_its_end", lambda: a_decided_item("shorten")),
    ("review_item_shortened_has_its_end", lambda: a_decided_item("keep", new_end=LATER)),
    ("review_item_lapse_has_its_instant", lambda: a_review_item(lapse="suspended")),
    ("review_item_only_a_revocation_is_verified", lambda: a_decided_item("keep", verified_at=NOW)),
    ("sealed_access_names_record_and_act", a_seal_without_act),
    ("activation_has_a_reason", lambda: an_activation(reason="")),
    ("activation_is_reviewed_within_a_day", lambda: an_activation(review_due_at=NOW)),
    ("activation_review_has_who_when_and_what", lambda: an_activation(reviewed_at=NOW)),
    ("activation_is_reviewed_by_another", reviewed_by_oneself),
    ("activation_override_has_who_when_and_why", lambda: an_activation(overridden_at=NOW)),
    ("activation_is_overridden_by_another", overridden_by_oneself),
    ("request_first_approval_has_who_and_when", lambda: a_request(first_approved_at=NOW)),
    ("request_is_approved_by_two_different_people", approved_twice_by_one),
    ("absence_ends_after_it_begins", lambda: an_absence(until=NOW)),
    ("absence_deputy_is_somebody_else", absent_for_oneself),
    ("request_level_is_known", lambda: a_request(level="odd")),
    ("request_says_what_is_missing", lambda: a_request(missing="class")),
    (
        "request_is_resolved_after_its_decision",
        lambda: a_request(state="denied", decided_at=NOW, decided_by="a", resolved_at=EARLIER),
    ),
    ("request_names_record_and_act", lambda: a_request(resource="catalog.asset:1")),
    ("grant_lasts_at_most_a_year", lambda: a_grant(valid_to=NOW + timedelta(days=366))),
    (
        "grant_on_sensitive_data_lasts_at_most_90_days",
        lambda: a_grant(level="confidential", valid_to=NOW + timedelta(days=91)),
    ),
    ("grant_level_is_known", lambda: a_grant(level="odd")),
    ("grant_suspension_has_who_and_when", lambda: a_grant(suspended_at=NOW)),
    ("grant_on_a_record_has_act_and_grantee", lambda: a_grant(resource="a.b:1", act="a")),
    ("grant_is_live_once", overlapping),
    ("alarm_severity_is_one_to_four", lambda: an_alarm(5)),
    ("backup_kind_is_known", lambda: an_attestation(kind="odd")),
    ("backup_result_is_known", lambda: an_attestation(result="odd")),
    ("backup_only_a_restore_is_judged", lambda: an_attestation(kind="backup")),
    ("backup_only_a_restore_is_judged", lambda: an_attestation(verifier="")),
    ("backup_verifier_is_not_operator", lambda: an_attestation(operator="service:verifier")),
    ("backup_is_restored_after_it_was_taken", lambda: an_attestation(taken_at=LATER)),
    ("backup_valid_has_its_figures", lambda: an_attestation(missing_entries=None)),
    ("backup_figures_are_not_negative", lambda: an_attestation(rpo_seconds=-1.0)),
    ("drift_kind_is_known", lambda: a_finding(kind="odd")),
    ("drift_severity_is_known", lambda: a_finding(severity="odd")),
    ("drift_closed_has_an_instant", lambda: a_finding(state="closed")),
    ("drift_is_last_seen_after_first", lambda: a_finding(last_seen_at=EARLIER)),
    (
        "drift_accepted_has_who_why_and_until_when",
        lambda: a_finding(state="accepted", accepted_until=LATER),
    ),
    ("drift_adoption_has_its_request", lambda: a_finding(state="adopt_requested")),
    (
        "drift_has_one_row",
        lambda: [a_finding(identity="a" * 64, principal=who) for who in ("ana", "ben")],
    ),
    ("principal_alias_is_named_once", lambda: twice_with(a_system, an_alias)),
    (
        "principal_alias_has_a_person_or_a_purpose",
        lambda: an_alias(a_system(), purpose=""),
    ),
    ("revocation_approval_has_who_and_when", lambda: a_plan(approved_by="user:2")),
    (
        "revocation_is_approved_by_another",
        lambda: a_plan(approved_by="user:1", approved_at=LATER),
    ),
    (
        "revocation_is_applied_after_approval",
        lambda: a_plan(applied_by="user:2", applied_at=LATER),
    ),
    ("revocation_failure_has_when_and_what", lambda: a_plan(failure="permission denied")),
    ("sod_rule_has_two_different_sides", lambda: a_sod_rule(right_entitlement="pay")),
    ("sod_rule_names_what_it_separates", lambda: a_sod_rule(right_entitlement="")),
    ("drift_is_open_once", lambda: twice_with(a_system, lambda system: a_finding(system=system))),
    ("snapshot_fault_is_named", lambda: a_snapshot(state="faulty")),
    (
        "observed_grant_is_listed_once",
        lambda: twice_with(
            a_system,
            lambda row: ObservedGrant.objects.create(
                system=row, principal="p", entitlement="e", scope="s", via="direct"
            ),
        ),
    ),
    ("request_state_is_known", lambda: a_request(state="odd", decided_at=NOW, decided_by="a")),
    ("request_lasts_at_most_a_year", lambda: a_request(days=366)),
    ("request_is_due_after_it_came", lambda: a_request(due_at=NOW)),
    ("decision_stands_for_one_or_more", lambda: a_decision(weight=0)),
    ("request_decision_has_who_and_when", lambda: a_request(state="granted", decided_at=NOW)),
    ("grant_ends_after_it_begins", lambda: a_grant(valid_to=NOW)),
    ("grant_origin_is_known", lambda: a_grant(origin="gift")),
    ("grant_revocation_has_who_and_when", lambda: a_grant(revoked_at=NOW)),
    ("grant_is_given_once", lambda: twice_with(a_system, lambda system: a_grant(system=system))),
    ("job_state_is_known", lambda: a_job(state="odd")),
    ("job_lease_only_while_running", lambda: a_job(state="leased")),
    ("job_done_has_an_instant", lambda: a_job(state="done")),
    ("job_attempts_cover_failures", lambda: a_job(failures=1)),
    ("sample_is_taken_once_a_day", lambda: twice(a_sample)),
    ("sample_part_is_within_the_whole", lambda: a_sample(numerator=2, denominator=1)),
    ("notice_is_sent_once", lambda: twice_with(a_user, a_notice)),
    ("user_kind_is_known", lambda: a_user(kind="robot")),
    ("user_is_never_above_the_policy", lambda: a_user(is_superuser=True)),
    ("user_person_has_mail_service_has_slug", lambda: a_user(email=None)),
    ("user_partner_contact_is_not_staff", lambda: a_user(party="p", is_staff=True)),
    (
        "user_service_slug_is_unique",
        lambda: twice(lambda: a_user(kind="service", slug="s", email=None, is_staff=False)),
    ),
    ("membership_is_at_a_site_or_a_party", lambda: a_membership(party="p")),
    ("membership_ends_after_it_begins", lambda: a_membership(valid_to=NOW)),
    ("membership_is_given_once", lambda: twice_with(a_user, lambda u: holds(u, "steward"))),
    ("policy_state_is_known", lambda: a_version(state="odd")),
    ("policy_published_has_an_instant", lambda: a_version(state="published")),
    (
        "policy_decision_has_who_and_when",
        lambda: PolicyVersion.objects.filter(pk=a_version().pk).update(decided_by="b"),
    ),
    (
        "policy_approval_is_of_this_content",
        lambda: PolicyVersion.objects.filter(pk=a_version().pk).update(approved_sha256="1"),
    ),
    (
        "policy_author_never_approves",
        lambda: PolicyVersion.objects.filter(pk=a_version().pk).update(
            approved_sha256="0", decided_by="a", decided_at=NOW
        ),
    ),
    (
        "policy_review_says_what_it_found",
        lambda: PolicyReview.objects.create(version=a_version(), by="b", at=NOW, reason=""),
    ),
    ("policy_shadow_is_one_at_a_time", lambda: twice_with(a_version, a_trial)),
    ("policy_shadow_share_is_percent", lambda: a_trial(a_version(), percent=101)),
    (
        "policy_disagreement_is_counted_once",
        lambda: twice_with(lambda: a_trial(a_version()), a_disagreement),
    ),
    (
        "rule_id_is_unique_in_its_version",
        lambda: twice_with(a_version, lambda v: a_rule(v, ordinal=PolicyRule.objects.count())),
    ),
    (
        "rule_order_is_unique_in_its_version",
        lambda: twice_with(a_version, lambda v: a_rule(v, rid=f"r{PolicyRule.objects.count()}")),
    ),
    ("rule_allows_or_denies", lambda: a_rule(a_version(), eft="maybe")),
    ("policy_head_is_one_row", lambda: PolicyHead.objects.create(pk=2)),
    ("site_kind_is_known", lambda: a_site(kind="moon")),
    (
        "site_only_the_enterprise_has_no_parent",
        lambda: Site.objects.create(slug="x", name="X", kind="site", path="x", created_at=NOW),
    ),
    (
        "site_is_not_its_own_parent",
        lambda: (lambda site: Site.objects.filter(pk=site.pk).update(parent=site))(a_site()),
    ),
    (
        "system_kind_is_known",
        lambda: GovernedSystem.objects.create(
            slug="s", name="S", kind="abacus", site=a_site(), secret=box.seal("x"), created_at=NOW
        ),
    ),
]


@pytest.mark.parametrize(("name", "break_it"), BREAKING, ids=[name for name, _ in BREAKING])
def test_a_row_that_breaks_a_truth_is_refused(name: str, break_it: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        break_it()
