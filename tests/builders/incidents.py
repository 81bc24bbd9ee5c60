"""Incidents for tests, declared through the same actions as in the product."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from governance import boundary
from governance.domain.actor import Actor
from governance.models import Site, User
from incidents.actions import (
    closing,
    debriefing,
    declaring,
    judging,
    running,
    saying,
    ticking,
    working,
)
from incidents.domain.breaches import Facts, Verdict
from incidents.domain.incidents import Kind, Severity
from incidents.domain.learning import needs_debrief
from incidents.models import Card, Debrief, Incident, Run
from incidents.runbooks.core import CoreRunbook
from tests.builders.governance import a_site, a_user, holds, the_enterprise

NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
_number = count(1)


def a_responder(
    role: str = "incident_commander", *, site: Site | None = None, **over: Any
) -> Actor:
    """Return somebody who has held ``role`` for a year, so that the past can be lived through."""
    user = a_user(**over)
    holds(user, role, site=site, valid_from=NOW - timedelta(days=400))
    return user.as_actor(has_mfa=True)


def an_incident(*, by: Actor | None = None, at: datetime = NOW, **over: Any) -> Incident:
    """Declare an incident at a new site, unless said otherwise."""
    fields: dict[str, Any] = {
        "title": f"Something odd {next(_number)}",
        "severity": Severity.SEV3,
        "token": uuid4(),
    }
    fields.update(over)
    fields.setdefault("site", None)
    fields["site"] = fields["site"] or a_site()
    by = by or a_responder()
    with boundary.acting(by, at=at):
        return declaring.declare(**fields, by=by, at=at)


def first_card(incident: Incident) -> Card:
    return Card.objects.filter(run__incident=incident).order_by("run_id", "number")[0]


def work_through(
    incident: Incident, runbook: CoreRunbook, *, by: Actor, at: datetime
) -> list[Card]:
    """Start ``runbook`` if need be and tick every card; one minute each.

    Questions are answered with no where they may be, else with going on.
    """
    with boundary.acting(by, at=at):
        runs = incident.runs.filter(runbook=runbook.value, state="running")
        run = runs.first() or running.start(incident, runbook, by=by, at=at)
        cards = []
        while card := _next_card(run):
            cards.append(card)
            then = at + timedelta(minutes=len(cards))
            if card.question:
                word = "no" if "no" in card.options else "continue"
                ticking.decide(card, word, by=by, at=then, note="nothing of it")
            else:
                ticking.finish(card, by=by, at=then)
    return cards


def _next_card(run: Run) -> Card | None:
    while str(run.pk) in working.due():
        working.look(str(run.pk))
    return Card.objects.filter(run=run).waiting().order_by("number").first()


def a_closed_incident(
    *,
    by: Actor | None = None,
    at: datetime = NOW,
    detect: timedelta = timedelta(minutes=30),
    restore: timedelta = timedelta(hours=5),
    **over: Any,
) -> Incident:
    """Live through an incident detected at ``at``: compromised before, restored after it."""
    by = by or a_responder(site=the_enterprise())
    over.setdefault("kind", Kind.LIVE)
    incident = an_incident(by=by, at=at, **over)
    end = at + restore
    lines = [
        f"/compromised {_utc(at - detect)}",
        f"/contained {_utc(at + restore / 2)} no evidence: kept in the watch log",
        f"/eradicated {_utc(at + restore * 3 / 4)}",
        f"/restored {_utc(end)} no evidence: the acceptance test was spoken",
    ]
    with boundary.acting(by, at=end):
        for line in lines:
            saying.say(incident, line, by=by, at=end + timedelta(minutes=1))
    work_through(incident, CoreRunbook.DETECTION, by=by, at=end)
    with boundary.acting(by, at=end):
        if Severity(incident.severity).is_major:
            judging.decide(incident, Facts(), verdict=Verdict.NOT_BREACH, by=by, at=end)
        if needs_debrief(Severity(incident.severity), incident.number):
            a_held_debrief(incident, by=by, at=end)
        return closing.close(incident, by=by, at=end + timedelta(minutes=30))


def a_held_debrief(
    incident: Incident, *, by: Actor, at: datetime, facilitator: User | None = None
) -> Debrief:
    """Open the debrief of ``incident``, answer its questions and hold it."""
    if facilitator is None:
        facilitator = a_user()
        holds(facilitator, "soc_analyst", valid_from=NOW - timedelta(days=400))
    row = debriefing.start(incident, facilitator, by=by, at=at)
    said = dict.fromkeys(("factors", "helped", "surprises"), "nothing")
    debriefing.write(row, version=row.lock_version, by=by, at=at, **said)
    return debriefing.hold(row, by=by, at=at)


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


__all__ = ["Incident", "Kind", "a_closed_incident", "a_responder", "an_incident", "first_card"]
