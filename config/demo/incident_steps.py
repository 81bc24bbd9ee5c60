"""Steps about incidents: one that is over but for the debrief, and one that runs."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from config.demo.setting import Setting, actor, person, place
from governance import boundary
from governance.domain.actor import Actor
from incidents.actions import declaring, leading, running, saying, ticking, working
from incidents.domain.incidents import Severity
from incidents.models import Card, Incident, Run
from incidents.runbooks.core import CoreRunbook


def past_incident(scene: Setting) -> None:
    """A mail server's account was misused six days ago; contained and restored the same night."""
    began = scene.at - timedelta(days=6)
    declared = began + timedelta(minutes=50)
    rosa = actor("Rosa")
    with boundary.acting(rosa, at=declared):
        incident = declaring.declare(
            title="Vendor account signs in from two countries",
            severity=Severity.SEV3,
            site=place("monterrey"),
            token=uuid4(),
            by=rosa,
            at=declared,
            summary="The VPN account of a maintenance vendor was used from abroad.",
            alert_raised_at=began + timedelta(minutes=38),
        )
        scene.remember(incident)
        _write(
            incident, "compromised", began, "first foreign sign-in in the VPN log", rosa, declared
        )
    _work(incident, CoreRunbook.DETECTION, rosa, declared, minutes=4)
    _work(incident, CoreRunbook.CONTAINMENT, rosa, declared + timedelta(minutes=45), minutes=6)
    contained = declared + timedelta(hours=2)
    with boundary.acting(rosa, at=contained):
        _write(incident, "contained", contained, "account closed, sessions ended", rosa, contained)
    restored = declared + timedelta(hours=9)
    with boundary.acting(rosa, at=restored):
        _write(incident, "restored", restored, "vendor works again with new keys", rosa, restored)


def running_incident(scene: Setting) -> None:
    """An unknown device appeared on the conveyor network twenty-five minutes ago."""
    declared = scene.at - timedelta(minutes=25)
    rosa = actor("Rosa")
    with boundary.acting(rosa, at=declared):
        incident = declaring.declare(
            title="Unknown device on the conveyor network",
            severity=Severity.SEV3,
            site=place("leipzig"),
            token=uuid4(),
            by=rosa,
            at=declared,
            summary="A new address answers on the conveyor segment; nobody on site knows it.",
            alert_raised_at=declared - timedelta(minutes=7),
        )
        scene.remember(incident)
        leading.assign(
            incident,
            person("rosa.castillo@aldermere.example"),
            version=incident.lock_version,
            by=rosa,
            at=declared,
        )
        saying.say(incident, "Switch port found: hall 2, cabinet C4.", by=rosa, at=declared)
    first = Card.objects.filter(run__incident=incident).order_by("number").first()
    if first is not None:
        soon = declared + timedelta(minutes=6)
        with boundary.acting(rosa, at=soon):
            ticking.finish(first, by=rosa, at=soon)


def _write(
    incident: Incident, milestone: str, when: datetime, text: str, by: Actor, at: datetime
) -> None:
    local = when.astimezone(ZoneInfo(incident.site.time_zone))
    saying.say(incident, f"/{milestone} {local:%Y-%m-%d %H:%M} {text}", by=by, at=at)


def _work(
    incident: Incident, runbook: CoreRunbook, by: Actor, began: datetime, *, minutes: int
) -> None:
    """Run ``runbook`` to its end, ticking a card every few minutes."""
    with boundary.acting(by, at=began):
        run = incident.runs.filter(runbook=runbook).first() or running.start(
            incident, runbook, by=by, at=began
        )
    number = 0
    while card := _next_card(run):
        number += 1
        at = began + timedelta(minutes=minutes * number)
        with boundary.acting(by, at=at):
            if card.question:
                note = "Nothing of it was seen."
                word = "no" if "no" in card.options else "continue"
                ticking.decide(card, word, by=by, at=at, note=note)
            else:
                ticking.finish(card, by=by, at=at)


def _next_card(run: Run) -> Card | None:
    """Let the engine do its part, as a worker would, and return what waits for a person."""
    while str(run.pk) in working.due():
        working.look(str(run.pk))
    return Card.objects.filter(run=run).waiting().order_by("number").first()
