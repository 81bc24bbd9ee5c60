"""Milestones: set, corrected, refused; the phase follows in the same transaction."""

from datetime import UTC, datetime, timedelta

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed, Refused
from incidents.actions import closing, running, saying
from incidents.domain.durations import Metric
from incidents.domain.milestones import MilestoneKind, Status
from incidents.errors import EvidenceMissing, IncidentEnded, NotUnderstood, ReasonMissing
from incidents.models import Incident, MilestoneEntry, TimelineEntry
from incidents.queries import milestones
from incidents.runbooks.core import CoreRunbook
from tests.builders.evidence import an_item
from tests.builders.governance import a_site
from tests.builders.incidents import a_responder, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(commander: Actor, at: datetime) -> Incident:
    """A SEV1 in Monterrey, declared an hour before ``at``."""
    site = a_site(time_zone="America/Monterrey")
    found = an_incident(by=commander, at=at - timedelta(hours=1), site=site, severity="SEV1")
    an_item(found, by=commander)
    return found


def entries(incident: Incident, kind: MilestoneKind) -> list[MilestoneEntry]:
    return list(MilestoneEntry.objects.filter(incident=incident, kind=kind).order_by("seq"))


def test_a_quick_command_stops_the_clock(
    incident: Incident, commander: Actor, at: datetime
) -> None:
    said = saying.say(incident, "/contained 03:40 ±5m E-1", by=commander, at=at)
    assert said.line.text == "Contained 03:35 CST to 03:45 CST: E-1"
    assert said.line.starts_at == datetime(2026, 11, 17, 9, 35, tzinfo=UTC)
    (entry,) = entries(incident, MilestoneKind.CONTAINED)
    assert (entry.evidence, entry.set_by, entry.set_at) == ("E-1", commander.ref, at)
    incident.refresh_from_db()
    assert incident.phase == "contained"
    took = milestones.durations(milestones.of(incident), at=at)[Metric.TTC]
    assert took.low == timedelta(minutes=50) - timedelta(seconds=1)
    assert took.high == timedelta(hours=1)


def test_a_correction_needs_its_reason_and_keeps_the_first_value(
    incident: Incident, commander: Actor, at: datetime
) -> None:
    saying.say(incident, "/contained 03:30 E-1", by=commander, at=at)
    with pytest.raises(ReasonMissing, match=r"Set before: Contained 03:30 CST: E-1\. A correction"):
        saying.say(incident, "/contained 03:35", by=commander, at=at)
    saying.say(incident, "/contained 03:35 read the wrong clock", by=commander, at=at)
    first, second = entries(incident, MilestoneKind.CONTAINED)
    assert (first.seq, second.seq, second.reason) == (1, 2, "read the wrong clock, E1")
    assert first.starts_at < second.starts_at


def test_retracting_contained_leads_back_to_active(
    incident: Incident, commander: Actor, at: datetime
) -> None:
    with pytest.raises(Refused, match="not set"):
        saying.say(incident, "/contained retracted seen again", by=commander, at=at)
    saying.say(incident, "/contained 03:30 E-1", by=commander, at=at)
    saying.say(incident, "/contained retracted seen again on ENG-2", by=commander, at=at)
    incident.refresh_from_db()
    assert incident.phase == "active"
    assert [row.status for row in entries(incident, MilestoneKind.CONTAINED)] == [
        Status.KNOWN,
        Status.RETRACTED,
    ]
    # Setting it again is a correction of the retracted one, and says why by its evidence.
    saying.say(incident, "/contained 03:44 E-1", by=commander, at=at)
    incident.refresh_from_db()
    assert incident.phase == "contained"


@pytest.mark.parametrize("line", ["/contained 03:30", "/restored 03:30"])
def test_a_major_incident_needs_evidence(
    incident: Incident, commander: Actor, at: datetime, line: str
) -> None:
    before = TimelineEntry.objects.count()
    for text in ("", " sensor export 7", " no evidence:"):
        with pytest.raises(
            EvidenceMissing, match=r"A SEV1 needs evidence.*here: E1.*no evidence: "
        ):
            saying.say(incident, line + text, by=commander, at=at)
    assert TimelineEntry.objects.count() == before
    minor = an_incident(by=commander, at=at - timedelta(hours=1), severity="SEV3")
    saying.say(minor, "/contained 09:30", by=commander, at=at)


def test_times_that_contradict_each_other(
    incident: Incident, commander: Actor, at: datetime
) -> None:
    saying.say(incident, "/contained 03:30 E-1", by=commander, at=at)
    with pytest.raises(ReasonMissing, match="Eradicated would lie before contained"):
        saying.say(incident, "/eradicated 03:10", by=commander, at=at)
    said = saying.say(incident, "/eradicated 03:10 cleaned before the cut", by=commander, at=at)
    assert said.warnings == ("Eradicated lies before contained.",)
    said = saying.say(incident, "/restored 03:25 ±10m line runs E1", by=commander, at=at)
    assert said.warnings == ("Restored overlaps contained.",)


def test_starting_recovery_moves_the_phase(
    incident: Incident, commander: Actor, at: datetime
) -> None:
    running.start(incident, CoreRunbook.RECOVERY, by=commander, at=at)
    incident.refresh_from_db()
    assert incident.phase == "recovering"


def test_an_estimate_says_what_it_rests_on(
    incident: Incident, commander: Actor, at: datetime
) -> None:
    with pytest.raises(NotUnderstood, match="what it rests on"):
        saying.say(incident, "/compromised ≈ 02:00 ±10m", by=commander, at=at)
    said = saying.say(incident, "/compromised ≈ 02:00 ±10m VPN log", by=commander, at=at)
    assert said.line.text == ("Initial compromise 01:50 CST to 02:10 CST, estimate: VPN log")
    assert milestones.durations(milestones.of(incident), at=at)[Metric.TTD].is_estimated


def test_plain_text_and_standing(incident: Incident, commander: Actor, at: datetime) -> None:
    assert saying.say(incident, "Line 3 stands still", by=commander, at=at).line.kind == "note"
    assert saying.say(incident, "/status All quiet", by=commander, at=at).line.kind == "standing"
    for text in ("", "/nonsense", "/contained", "/contained 25:00", "/status", "\x00"):
        if text == "/contained":
            continue
        with pytest.raises(NotUnderstood):
            saying.say(incident, text, by=commander, at=at)


def test_the_same_line_sent_twice_acts_once(
    incident: Incident, commander: Actor, at: datetime
) -> None:
    from uuid import uuid4

    token = uuid4()
    first = saying.say(incident, "/contained 03:40 E-1", by=commander, at=at, token=token)
    again = saying.say(incident, "/contained 03:40 E-1", by=commander, at=at, token=token)
    assert first.line == again.line
    assert len(entries(incident, MilestoneKind.CONTAINED)) == 1


def test_who_may_set_milestones(incident: Incident, at: datetime) -> None:
    for role in ("auditor", "board_member"):
        by = a_responder(role)
        with boundary.acting(by, at=at), pytest.raises(NotAllowed):
            saying.say(incident, "/contained 03:40 E-1", by=by, at=at)
        with boundary.acting(by, at=at), pytest.raises(NotAllowed):
            saying.say(incident, "hello", by=by, at=at)
    elsewhere = a_responder("site_operator", site=a_site())
    with boundary.acting(elsewhere, at=at), pytest.raises(NotAllowed):
        saying.say(incident, "hello", by=elsewhere, at=at)
    here = a_responder("site_operator", site=incident.site)
    with boundary.acting(here, at=at):
        saying.say(incident, "Guard is open, nobody inside", by=here, at=at)


def test_a_closed_incident_is_frozen(incident: Incident, commander: Actor, at: datetime) -> None:
    closing.dismiss(incident, by=commander, at=at, reason="a planned restart")
    with pytest.raises(IncidentEnded, match="is dismissed"):
        saying.say(incident, "/contained 03:40 E-1", by=commander, at=at)
    with pytest.raises(Refused):
        saying.say(incident, "/closed now", by=commander, at=at)


def test_the_application_cannot_rewrite_what_was_said(incident: Incident) -> None:
    from django.db import ProgrammingError, transaction

    for model in (MilestoneEntry, TimelineEntry):
        rows = model.objects.filter(incident=incident)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            rows.update(set_by="x") if model is MilestoneEntry else rows.update(text="x")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            rows._raw_delete("default")


def test_evidence_named_by_its_number_was_taken_in(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at, severity="SEV1")
    with pytest.raises(EvidenceMissing, match="none is taken in yet"):
        saying.say(incident, "/contained now", by=commander, at=at)
    with pytest.raises(EvidenceMissing, match="no evidence E1 here"):
        saying.say(incident, "/contained now E1 the log", by=commander, at=at)
    an_item(incident, by=commander)
    saying.say(incident, "/contained now E1 the log", by=commander, at=at)
    assert MilestoneEntry.objects.get(incident=incident, kind="contained").evidence == "E1 the log"


def test_a_reason_stands_where_there_is_no_evidence(
    incident: Incident, commander: Actor, at: datetime
) -> None:
    said = saying.say(
        incident, "/contained 03:30 no evidence: the sensor was replaced", by=commander, at=at
    )
    assert said.line.text == "Contained 03:30 CST: no evidence: the sensor was replaced"
    (entry,) = entries(incident, MilestoneKind.CONTAINED)
    assert (entry.evidence, entry.reason) == ("", "no evidence: the sensor was replaced")
    saying.say(incident, "/contained 03:31 read the wrong clock", by=commander, at=at)
    assert entries(incident, MilestoneKind.CONTAINED)[1].evidence == ""


def test_a_correction_rests_on_the_evidence_before_it(
    incident: Incident, commander: Actor, at: datetime
) -> None:
    saying.say(incident, "/contained 03:30 the log, E-1", by=commander, at=at)
    saying.say(incident, "/contained 03:31 read the wrong clock", by=commander, at=at)
    saying.say(incident, "/contained 03:32 once more", by=commander, at=at)
    found = [one.evidence for one in entries(incident, MilestoneKind.CONTAINED)]
    assert found == ["the log, E-1", "read the wrong clock, E1", "once more, E1"]
    saying.say(incident, "/contained retracted seen again", by=commander, at=at)
    with pytest.raises(EvidenceMissing):
        saying.say(incident, "/contained 03:44 quiet now", by=commander, at=at)
