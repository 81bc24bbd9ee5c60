"""Trying a candidate beside the policy in force: it is asked later and answers nobody."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event as Signal
from threading import Thread

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from governance import access, audit, boundary
from governance.access import require
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.domain.decisions import OPEN_TO_GRANTS, Reason
from governance.errors import BadInput, Conflict, WardroomError
from governance.models import (
    PolicyHead,
    PolicyShadow,
    PolicyState,
    PolicyVersion,
    ShadowDisagreement,
)
from governance.permissions import Act
from governance.policy import casbin_policy, shadow
from governance.policy.casbin_policy import InvalidPolicy, Snapshot
from governance.policy.shadow import Offer
from governance.queries import contents

log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
MOST_LISTED = 5000
"""Different disagreements that are kept of one trial; further ones are only counted."""
TRIED = (PolicyState.DRAFT, PolicyState.IN_REVIEW, PolicyState.APPROVED)
_snapshots: dict[tuple[int, str], Snapshot] = {}


@transaction.atomic
def begin(version: PolicyVersion, *, percent: int, by: Actor, at: datetime) -> PolicyShadow:
    """Let ``version`` be asked beside the policy in force, for that share of the decisions.

    Raises:
        NotAllowed: ``by`` may not.
        BadInput: ``percent`` is not 1 to 100.
        Conflict: a trial goes on, or the version is past being tried.
    """
    require(by, Act.POLICY_SHADOW, version, at=at)
    if not 1 <= percent <= 100:
        raise BadInput("the share is 1 to 100 percent", pointer="/percent")
    if version.state not in TRIED:
        raise Conflict(f"{version} is {version.get_state_display().lower()}")
    PolicyHead.objects.select_for_update().first()
    if PolicyShadow.objects.filter(ended_at=None).exists():
        raise Conflict("a trial goes on: end it first")
    trial = PolicyShadow.objects.create(
        version=version, percent=percent, started_at=at, started_by=by.ref
    )
    audit.record(by=by, act=Act.POLICY_SHADOW, ref=version.ref, at=at, percent=percent)
    return trial


@transaction.atomic
def end(version: PolicyVersion, *, by: Actor, at: datetime) -> None:
    """End the trial of ``version``; what it found stays.

    Raises:
        NotAllowed: ``by`` may not.
        Conflict: none goes on.
    """
    require(by, Act.POLICY_SHADOW, version, at=at)
    if not PolicyShadow.objects.filter(version=version, ended_at=None).update(ended_at=at):
        raise Conflict(f"no trial of {version} goes on")
    audit.record(by=by, act=Act.POLICY_SHADOW, ref=version.ref, at=at, ended=True)


def drain(*, by: Actor, at: datetime) -> int:
    """Ask the candidate what this process was asked since, and count what differs.

    Returns how many were asked. Learns on the way whether a trial goes on at all, so it is
    called again and again.

    Raises:
        NotAllowed: ``by`` may not try policies.
    """
    trial = PolicyShadow.objects.filter(ended_at=None).select_related("version").first()
    shadow.queue.percent = trial.percent if trial else 0
    offers, dropped = shadow.queue.take()
    # This very look asks the policy too, and must not keep itself busy.
    offers = [one for one in offers if one.question.action != Act.POLICY_SHADOW]
    if trial is None or not (offers or dropped):
        return 0
    access.foresee(by, Act.POLICY_SHADOW, trial.version, at=at)
    found, asked = _compare(trial.version, offers)
    with transaction.atomic():
        PolicyShadow.objects.filter(pk=trial.pk).update(
            evaluated=F("evaluated") + asked,
            disagreed=F("disagreed") + sum(one.times for one in found.values()),
            dropped=F("dropped") + dropped,
        )
        _count(trial, found)
    return asked


@dataclass(slots=True)
class _Seen:
    """One disagreement and how often it came."""

    example: ShadowDisagreement | None = None
    times: int = 0
    instants: list[datetime] = field(default_factory=list)


_Key = tuple[str, str, str, bool]


def _compare(version: PolicyVersion, offers: Iterable[Offer]) -> tuple[dict[_Key, _Seen], int]:
    found: dict[_Key, _Seen] = defaultdict(_Seen)
    asked, asking = 0, _candidate(version)
    for offer in offers:
        question, live = offer.question, offer.decision
        if live.reason is Reason.DENY_MFA:
            continue  # stands above every policy
        candidate = asking.decide(question, offer.at)
        asked += 1
        allow = candidate.allow
        if live.reason is Reason.ALLOW_OBJECT and candidate.reason in OPEN_TO_GRANTS:
            allow = asking.granted(question).allow  # the grant would still be there
        if allow == live.allow:
            continue
        seen = found[question.subject, question.action, question.domain, allow]
        seen.times += 1
        seen.instants.append(offer.at)
        seen.example = ShadowDisagreement(
            resource=question.resource,
            live_rule=live.rule,
            candidate_rule=candidate.rule,
            candidate_reason=candidate.reason,
        )
    return found, asked


def _count(trial: PolicyShadow, found: dict[_Key, _Seen]) -> None:
    room = MOST_LISTED - trial.disagreements.count()
    for (subject, act, domain, allow), seen in sorted(found.items()):
        example = seen.example
        assert example is not None
        known = trial.disagreements.filter(
            subject=subject, act=act, domain=domain, would_allow=allow
        ).update(times=F("times") + seen.times, last_at=max(seen.instants))
        if known or room <= 0:
            continue
        room -= 1
        example.shadow, example.subject, example.act, example.domain = trial, subject, act, domain
        example.would_allow, example.times = allow, seen.times
        example.first_at, example.last_at = min(seen.instants), max(seen.instants)
        example.save()


def _candidate(version: PolicyVersion) -> Snapshot:
    """Return the candidate under today's memberships; a draft may have changed since."""
    live = access.policy()
    links, uses = (live.links, live.uses) if live else (access.links(), {})
    sha256 = PolicyVersion.objects.values_list("content_sha256", flat=True).get(pk=version.pk)
    key = (version.pk, sha256)
    kept = _snapshots.get(key)
    if kept is None:
        content = contents.content(version)
        kept = casbin_policy.build(
            content.model_conf, content.rules, links, sha256=sha256, uses=uses
        )
    elif kept.links is not links:
        kept = replace(kept.with_links(links), uses=uses)
    _snapshots.clear()
    _snapshots[key] = kept
    return kept


class Watch:
    """A thread of this process that drains its queue every few seconds."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        self._every = every
        self._ended = Signal()
        self._thread = Thread(target=self._run, name="policy-shadow", daemon=True)

    def start(self) -> "Watch":
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._ended.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            at = timezone.now()
            try:
                with boundary.acting(actors.service("scheduler"), at=at) as now:
                    drain(by=now.actor, at=at)
            except (DatabaseError, WardroomError, InvalidPolicy) as error:
                log.warning("policy shadow: %s", error)
            finally:
                connection.close()
