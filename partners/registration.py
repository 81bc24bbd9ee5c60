"""What partners hands down to the ground: background work, measures, duties."""

import logging
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.core.cache import cache
from django.urls import reverse
from redis.exceptions import RedisError

from governance import access, registries
from governance.domain.actor import Actor
from governance.registries import Duty, JobKind, JobRun, Mask, Party
from partners import queries
from partners.actions import receiving, sweeping, telling, tiering, triaging, vex_documents
from partners.domain.intakes import OnPhase, Phase
from partners.measures import MEASURES
from partners.models import AnswerDocument, Finding, Intake, Partner, WebhookMessage
from partners.permissions import Act
from partners.queries import deciding, phase_key

log = logging.getLogger(__name__)
PHASE_SECONDS = 3600


def _sweep(run: JobRun) -> None:
    sweeping.sweep(by=run.by, at=run.at)


def _watch(run: JobRun) -> None:
    sweeping.watch_feeds(by=run.by, at=run.at)


def _triage(run: JobRun) -> None:
    triaging.look(by=run.by, at=run.at)


def _tiers(run: JobRun) -> None:
    tiering.follow_all(by=run.by, at=run.at)


def _look(run: JobRun) -> None:
    telling.look(by=run.by, at=run.at)


def _send(run: JobRun) -> None:
    message = WebhookMessage.objects.select_related("webhook__partner")
    telling.send(message.get(pk=UUID(str(run.payload["message"]))), by=run.by, at=run.at)


def _read(run: JobRun) -> None:
    """Work off one intake."""
    intake = Intake.objects.get(pk=UUID(str(run.payload["intake"])))
    receiving.work_off(intake, on_phase=_telling(intake.pk), by=run.by, at=run.at)


def _read_vex(run: JobRun) -> None:
    """Work off one VEX document."""
    row = AnswerDocument.objects.get(pk=UUID(str(run.payload["document"])))
    vex_documents.work_off(row, on_phase=_telling(row.pk), by=run.by, at=run.at)


def _telling(pk: UUID) -> OnPhase:
    """Return what tells the phase: a hint in the cache, since the work is one transaction."""

    def tell(phase: Phase) -> None:
        try:
            cache.set(phase_key(pk), str(phase), PHASE_SECONDS)
        except RedisError as error:
            log.info("the phase of %s is not shown: %s", pk, error)

    return tell


def _parties(to: Actor, at: datetime, references: Collection[str] | None) -> list[Party]:
    """Return partners by name, as far as ``to`` may read them."""
    found = queries.partners(to=to, at=at)
    if references is not None:
        found = found.filter(party__in=references)
    return [
        Party(ref, name, reverse("partners:partner", args=[slug]))
        for ref, name, slug in found.values_list("party", "name", "slug")
    ]


def waiting(actor: Actor, at: datetime) -> list[Duty]:
    """Return what of the findings needs somebody's decision today, one line for each kind."""
    if actor.party or not access.allows_somewhere(
        actor, Act.FINDING_READ, Finding.resource_type(), at=at
    ):
        return []
    counts = queries.standing(queries.findings(to=actor, at=at), at=at)
    address = reverse("partners:findings")
    lines = []
    if counts.overdue:
        lines.append(
            Duty(
                title=f"{_findings(counts.overdue)} overdue, {counts.critical_overdue} critical",
                reason="No newer SBOM has closed them. Ask the partner, or escalate.",
                url=f"{address}?{urlencode({'due': 'overdue'})}",
                due_at=counts.earliest_due_at,
            )
        )
    if counts.soon:
        lines.append(
            Duty(
                title=f"{_findings(counts.soon)} due within a week",
                reason="The partner's fix must arrive as an SBOM before the date.",
                url=f"{address}?{urlencode({'due': 'week'})}",
            )
        )
    return lines


def _findings(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"


for _slug, _measure in MEASURES.items():
    registries.measures.add(_slug, _measure)
registries.duties.add("partners.findings", waiting)
registries.duties.add("partners.deciding", deciding.duties)
registries.job_kinds.add(
    "sweep_patch_sla", JobKind(_sweep, "Mark findings that fell overdue", every_seconds=15 * 60)
)
registries.job_kinds.add(
    "watch_feeds", JobKind(_watch, "Look whether feeds are stale", every_seconds=6 * 3600)
)
registries.job_kinds.add(
    "watch_triage",
    JobKind(_triage, "Ask for forensic triage where BOD 26-04 does", every_seconds=3600),
)
registries.job_kinds.add(
    "watch_webhooks", JobKind(_look, "Write what webhooks are told", every_seconds=30)
)
registries.job_kinds.add(
    "follow_tiers",
    JobKind(_tiers, "End tiers set against the facts", every_seconds=24 * 3600),
)
registries.job_kinds.add(telling.JOB, JobKind(_send, "Tell a webhook", max_attempts=3))
registries.job_kinds.add(
    vex_documents.JOB, JobKind(_read_vex, "Read a VEX document", max_attempts=3)
)
registries.job_kinds.add(receiving.JOB, JobKind(_read, "Read an SBOM", max_attempts=3))
FEED = "copies a public feed; the run of its import keeps the digest of the file"
VEX = "is parsed from a VEX document, whose digest its record keeps"
DOCUMENT = "is parsed from an SBOM, whose digest its record keeps"
for _label, _reason in {
    "partners.advisory": FEED,
    "partners.affectedpackage": FEED,
    "partners.vulnerability": FEED,
    "partners.vulnerabilityname": FEED,
    "partners.exploitedcve": FEED,
    "partners.epssscore": FEED,
    "partners.ssvcassessment": FEED,
    "partners.exposure": "follows from feeds and documents; the findings are governed",
    "partners.componentversion": DOCUMENT,
    "partners.sbomcomponent": DOCUMENT,
    "partners.portalcall": "repeats an answer; what was done is recorded where it was done",
    "partners.vexstatement": VEX,
    "partners.webhookmessage": "is a queue of what is recorded where it happens",
}.items():
    registries.unaudited.add(_label, _reason)
# Probabilities change daily for everybody and move no date; the run keeps the file's digest.
registries.masks.add("partners.finding", Mask(ignored=("epss",)))
registries.acts.add("partners", Act)
registries.parties.add(Partner.resource_type(), _parties)
registries.masks.add("partners.portalkey", Mask(secret=("digest",), ignored=("last_used_at",)))
registries.masks.add("partners.sbomrequest", Mask(secret=("link_digest",)))
registries.masks.add(
    "partners.webhook",
    Mask(secret=("secret", "previous_secret"), ignored=("delivered_at", "failing_since")),
)
for _table, _privileges in {
    "partners_componentversion": "SELECT",
    "partners_exposure": "SELECT",
    "partners_vulnerability": "SELECT",
    "partners_partner": "SELECT",
    "partners_product": "SELECT, UPDATE (created_at)",  # locked while a file is received
    "partners_answer": "SELECT, INSERT, UPDATE",
    "partners_answerdocument": "SELECT, INSERT",
    "partners_vexstatement": "SELECT",
    "partners_epssscore": "SELECT",
    "partners_exploitedcve": "SELECT",
    "partners_patchpolicy": "SELECT",
    "partners_ssvcassessment": "SELECT",
    "partners_vulnerabilityname": "SELECT",
    "partners_waiver": "SELECT, INSERT",
    "partners_waiver_findings": "SELECT, INSERT",
    "partners_finding": "SELECT, INSERT, UPDATE",  # an answer that counts at once moves its state
    "partners_findingevent": "SELECT, INSERT",
    "partners_sbom": "SELECT",
    "partners_sbomcomponent": "SELECT",
    "partners_intake": "SELECT, INSERT",
    "partners_contact": "SELECT",
    "partners_portalcall": "SELECT, INSERT",
    "partners_portalkey": "SELECT, INSERT, UPDATE",
    "partners_sbomrequest": "SELECT, UPDATE",
    "partners_subsupplier": "SELECT",
    "partners_webhook": "SELECT, INSERT, UPDATE",
    "partners_webhookmessage": "SELECT, INSERT",  # a test message of the partner's own
}.items():
    registries.portal.add(_table, _privileges)
