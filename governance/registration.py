"""What the ground registers itself: its periodic work, its measures and duties."""

import logging
from pathlib import Path

from django.conf import settings

from governance import audit, boundary, duties, jobs, measures, registries
from governance.actions import (
    backing_up,
    chasing_reviews,
    drifting,
    escalating,
    measuring,
    opening_reviews,
    restoring,
    telling,
    verifying,
)
from governance.connectors import sources
from governance.domain import actor as actors
from governance.errors import Unavailable
from governance.models import GovernedSystem
from governance.permissions import Act, Event
from governance.queries import own_access
from governance.registries import JobKind, JobRun, Mask, Requestable

log = logging.getLogger(__name__)


def _mail(run: JobRun) -> None:
    telling.mail(str(run.payload["key"]), at=run.at)


def _hand_up(run: JobRun) -> None:
    telling.hand_up(by=run.by, at=run.at)


def _sample(run: JobRun) -> None:
    measuring.sample(by=run.by, at=run.at)


registries.job_kinds.add("notice_mail", JobKind(_mail, "Mail notices", max_attempts=8))
registries.job_kinds.add("alarm_hand_up", JobKind(_hand_up, "Hand alarms up", every_seconds=15))
registries.job_kinds.add(
    "measure_sample", JobKind(_sample, "Keep today's measures", every_seconds=6 * 3600)
)


def _drift(run: JobRun) -> None:
    """Compare one system."""
    try:
        system = GovernedSystem.objects.get(slug=run.payload["system"])
        drifting.detect(system, by=run.by, at=run.at)
    except (drifting.NotReached, drifting.NoFileYet) as error:
        # The faulty snapshot tells it on the system's page and must not be rolled back.
        log.warning("drift: %s", error)


def _drift_due(run: JobRun) -> None:
    drifting.put_off_due(at=run.at)


def _drift_sweep(run: JobRun) -> None:
    drifting.sweep_all(by=run.by, at=run.at)


def _verify(run: JobRun) -> None:
    held, silent = verifying.outside_heads()
    for line in silent:
        log.warning("audit: no answer from %s", line)
    verifying.verify(is_full=bool(run.payload.get("full")), by=run.by, at=run.at, held=held)


registries.job_kinds.add(
    "audit_verify", JobKind(_verify, "Verify the newest entries of the audit log", every_seconds=60)
)
registries.job_kinds.add(
    "audit_verify_full",
    JobKind(
        _verify, "Verify all of the audit log", every_seconds=12 * 3600, payload={"full": True}
    ),
)


def _back_up(run: JobRun) -> None:
    """Make the week's backup, and put off its restore to whoever did not make it."""
    try:
        row = backing_up.make(settings.BACKUP_DIR, by=run.by, at=run.at, keep=settings.BACKUP_KEEP)
    except Unavailable as error:
        _skip(run, error.detail)
        return
    jobs.enqueue(
        "backup_validate", key=f"backup_validate:{row.pk}", payload={"file": row.file}, at=run.at
    )


def _validate(run: JobRun) -> None:
    with boundary.acting(actors.service("verifier"), at=run.at) as now:
        try:
            restoring.validate(Path(str(run.payload["file"])), by=now.actor, at=run.at)
        except Unavailable as error:
            _skip(run, error.detail)


def _skip(run: JobRun, why: str) -> None:
    """Say that nothing was done and why: trying again would find no more programs."""
    log.warning("%s is skipped: %s", run.kind, why)
    audit.record(
        by=run.by, act=Event.BACKUP_SKIPPED, ref=f"governance.job:{run.id}", at=run.at, reason=why
    )


registries.job_kinds.add(
    "backup_make", JobKind(_back_up, "Back the database up", every_seconds=7 * 24 * 3600)
)
registries.job_kinds.add(
    "backup_validate", JobKind(_validate, "Restore a backup and check it", max_attempts=3)
)
for source, observe in sources.SOURCES.items():
    registries.drift_sources.add(source, observe)
registries.drift_sources.add("wardroom", own_access.observe)
registries.job_kinds.add(
    "drift_detect_all",
    JobKind(_drift_due, "Compare the systems whose time has come", every_seconds=3600),
)
registries.job_kinds.add(
    "drift_sweep",
    JobKind(_drift_sweep, "See which grants began or ended since", every_seconds=900),
)
registries.job_kinds.add(
    "drift_detect", JobKind(_drift, "Compare grants of a system", max_attempts=3)
)


def _escalate(run: JobRun) -> None:
    escalating.sweep(by=run.by, at=run.at)


registries.job_kinds.add(
    "access_requests_sweep",
    JobKind(_escalate, "Carry access requests on: tell others, grant, end", every_seconds=60),
)


def _open_reviews(run: JobRun) -> None:
    opening_reviews.start_due(by=run.by, at=run.at)


def _chase_reviews(run: JobRun) -> None:
    chasing_reviews.sweep(by=run.by, at=run.at)


registries.job_kinds.add(
    "access_reviews_open",
    JobKind(_open_reviews, "Open the access reviews of the quarter", every_seconds=6 * 3600),
)
registries.job_kinds.add(
    "access_reviews_sweep",
    JobKind(
        _chase_reviews,
        "Carry access reviews on: remind, suspend, end, verify, seal",
        every_seconds=900,
    ),
)
for name, measure in measures.MEASURES.items():
    registries.measures.add(name, measure)


def _system(key: str) -> Requestable | None:
    found = GovernedSystem.objects.filter(pk=key).exists()
    return Requestable(int(key), "", Act.SYSTEM_READ) if found else None


registries.requestable.add("governance.governedsystem", _system)
registries.duties.add("access_requests", duties.open_requests)
registries.duties.add("break_glass_reviews", duties.break_glass_reviews)
registries.duties.add("rollbacks", duties.rollbacks)
registries.duties.add("drift_due", duties.drift_due)
registries.duties.add("ungiven_access", duties.ungiven_access)
registries.duties.add("drift_reported", duties.reported)
registries.duties.add("revocation_plans", duties.revocation_plans)
registries.duties.add("revocation_runs", duties.revocation_runs)
registries.duties.add("access_reviews", duties.access_reviews)

LOG = "is part of the log itself, which only grows"
for label, reason in {
    "governance.auditevent": LOG,
    "governance.auditleaf": LOG,
    "governance.audittile": LOG,
    "governance.auditcheckpoint": LOG,
    "governance.auditcosignature": LOG,
    "governance.auditkey": LOG,
    "governance.auditerasure": LOG,
    "governance.auditverification": LOG,
    "governance.policysignature": "is signed by the key of the log, and only grows",
    "governance.decisionlog": "is a log of its own; refusals and acts enter the audit log too",
    "governance.policychange": "says which people processes load anew; memberships are recorded",
    "governance.directoryhead": "is a stamp that moves with the entities, which are recorded",
    "governance.job": "is a queue that moves by itself; what jobs do is recorded where they do it",
    "governance.shadowdisagreement": "counts what a trial would have said; it decides nothing",
    "governance.observedgrant": "copies what a system showed; its snapshot keeps the digest",
    "sessions.session": "says who is signed in now; sign-ins are acts",
    "admin.logentry": "is not used: acts are recorded here",
    "contenttypes.contenttype": "is filled by migrations and names what there is",
    "auth.permission": "is filled by migrations and names what there is",
    "account.emailconfirmation": "is not used: people are invited",
}.items():
    registries.unaudited.add(label, reason)
registries.masks.add("governance.user", Mask(secret=("password", "phone"), ignored=("last_login",)))
registries.masks.add("governance.driftfinding", Mask(ignored=("last_seen_at",)))
registries.masks.add("governance.policyshadow", Mask(ignored=("evaluated", "disagreed", "dropped")))
registries.acts.add("governance", Act)
registries.masks.add(
    "governance.governedsystem", Mask(secret=("secret",), ignored=("rechecked_at",))
)
registries.masks.add("governance.enforcementpoint", Mask(secret=("digest",)))
registries.masks.add("mfa.authenticator", Mask(secret=("data",), ignored=("last_used_at",)))
# To decide and to record, the portal needs who may what, and no name or address of anybody.
for _table, _privileges in {
    "audit_event": (
        "INSERT (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body),"
        " SELECT (id, leaf_data)"
    ),
    "governance_decisionlog": "INSERT, SELECT (id, inputs, weight)",
    "auth_permission": "SELECT",
    "django_content_type": "SELECT",
    "governance_entity": "SELECT (id, kind, type, key, roles, site_id)",
    "governance_entitytype": "SELECT",
    "governance_grant": (
        "SELECT (id, grantee_id, act, resource, valid_from, valid_to, revoked_at, suspended_at)"
    ),
    "governance_user": "SELECT (id, kind, slug, is_active)",
    "guardian_userobjectpermission": "SELECT",
    "governance_job": (
        "INSERT (kind, key, lane, payload, actor, due_at, state, attempt, failures, lost,"
        " worker, last_error), SELECT"
    ),
    "governance_membership": "SELECT",
    "governance_policychange": "SELECT",
    "governance_policyhead": "SELECT",
    "governance_policyrule": "SELECT",
    "governance_policyversion": "SELECT",
    "governance_role": "SELECT",
    "governance_site": "SELECT",
}.items():
    registries.portal.add(_table, _privileges)
