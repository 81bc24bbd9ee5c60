"""Intakes as pages show them: how far, what became of them, what to correct."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.urls import reverse
from redis.exceptions import RedisError

from governance.models import Job, JobState
from partners import queries
from partners.actions import receiving
from partners.domain.intakes import Phase
from partners.models import Intake, Outcome
from partners.web import words
from partners.web.words import Moment, State

PHASES = {
    Phase.RECEIVED: "received",
    Phase.READING: "read and checked",
    Phase.STORING: "stored",
    Phase.MATCHING: "matched",
}
OUTCOMES = {
    Outcome.PENDING: State("Being read", "wait", ""),
    Outcome.ACCEPTED: State("Accepted", "ok", "ok"),
    Outcome.ACCEPTED_PARTIAL: State("Accepted in part", "warn", "warn"),
    Outcome.REJECTED: State("Refused", "stop", "bad"),
}
FAILED = State("Not read: our fault", "stop", "bad")


@dataclass(frozen=True, slots=True)
class Step:
    """One phase on its way."""

    word: str
    is_done: bool
    is_now: bool


@dataclass(frozen=True, slots=True)
class IntakeView:
    """An intake as pages show it."""

    url: str
    file: str
    product: str
    received: Moment
    outcome: State
    is_pending: bool
    sentence: str
    problems: list[dict[str, Any]]
    unlisted: int
    steps: tuple[Step, ...]
    told: str
    sbom_url: str


def view(intake: Intake, *, at: datetime) -> IntakeView:
    """Return ``intake`` as its page and the start page show it."""
    pending = intake.outcome == Outcome.PENDING
    failed = pending and _has_failed(intake)
    return IntakeView(
        url=reverse("portal:intake", args=[intake.pk]),
        file=intake.file,
        product=intake.product.name,
        received=words.moment(intake.received_at, zone=ZoneInfo("UTC"), at=at),
        outcome=FAILED if failed else OUTCOMES[Outcome(intake.outcome)],
        is_pending=pending and not failed,
        sentence=_sentence(intake, has_failed=failed),
        problems=intake.problems,
        unlisted=max(0, intake.problems_count - len(intake.problems)),
        steps=_steps(intake) if pending else (),
        told=_told(intake),
        sbom_url=reverse("portal:sbom", args=[intake.sbom_id]) if intake.sbom_id else "",
    )


def _told(intake: Intake) -> str:
    """Say what changed since the last, and how much the document tells."""
    sbom = intake.sbom
    if sbom is None:
        return ""
    parts = []
    if intake.diff is not None:
        named = {
            "added": "added",
            "removed": "removed",
            "changed": "in another version",
            "relicensed": "with another license",
            "rehashed": "with another hash",
        }
        counted = [
            f"{intake.diff[key]:,} {word}" for key, word in named.items() if intake.diff[key]
        ]
        parts.append(f"Components since the last: {', '.join(counted) or 'none differs'}.")
    if sbom.quality is not None:
        parts.append(f"It tells {sbom.quality} of 100.")
    return " ".join(parts)


def _has_failed(intake: Intake) -> bool:
    return Job.objects.filter(key=receiving.job_key(intake), state=JobState.DEAD).exists()


def _sentence(intake: Intake, *, has_failed: bool) -> str:
    if has_failed:
        return (
            "Something broke here while reading it. Nothing was changed, and our people have "
            f"been told. Your reference is {intake.pk}."
        )
    sbom = intake.sbom
    if intake.outcome == Outcome.REJECTED:
        return "Nothing of it was taken. Correct what is listed below and hand it over again."
    if sbom is None:
        return "You may leave this page; reading goes on."
    parts = [f"{sbom.stored:,} of {sbom.received:,} components are stored"]
    if sbom.quarantined:
        verb = "is" if sbom.quarantined == 1 else "are"
        parts.append(f"{sbom.quarantined:,} {verb} set aside and not matched")
    if sbom.merged:
        parts.append(f"{sbom.merged:,} stood there more than once")
    settled = (
        f"{words.count(intake.closed, 'finding')} closed, {intake.opened:,} opened."
        if sbom.is_current or intake.opened or intake.closed
        else "It is older than what we have, so it is kept as history and changes no finding."
    )
    return f"{'; '.join(parts)}. {settled}"


def _steps(intake: Intake) -> tuple[Step, ...]:
    """Return the phases; which one is running is a hint from the cache, not a record."""
    try:
        now = Phase(cache.get(queries.phase_key(intake.pk)) or Phase.RECEIVED)
    except (RedisError, ValueError):
        now = Phase.RECEIVED
    order = list(Phase)
    place = order.index(now)
    return tuple(
        Step(word, order.index(phase) < place or phase is Phase.RECEIVED, phase is now)
        for phase, word in PHASES.items()
    )
