"""Breach or not: by the rules, against them, and what is owed from then on."""

from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed
from incidents.actions import judging, notifying, saying, stating
from incidents.domain.breaches import Facts, Loss, ProductHarm, Verdict
from incidents.errors import PrivacyOfficerDecides, ReasonMissing
from incidents.models import BreachDecision, IncidentLink, NoticeDuty, TimelineEntry
from tests.builders.governance import a_site
from tests.builders.incidents import Incident, a_responder, an_incident
from tests.builders.partners import a_partner

pytestmark = pytest.mark.django_db
READ = frozenset({Loss.CONFIDENTIALITY})
PERSONAL = Facts(losses=READ, is_personal=True, level=2)


def owed(incident: Incident) -> dict[str, tuple[str, datetime | None]]:
    rows = NoticeDuty.objects.filter(incident=incident)
    return {row.rule: (row.state, row.due_at) for row in rows}


def test_a_breach_owes_what_the_law_says_from_when_we_were_aware(
    commander: Actor, at: datetime
) -> None:
    incident = an_incident(by=commander, at=at, severity="SEV1")
    row = judging.decide(incident, PERSONAL, verdict=Verdict.BREACH, by=commander, at=at)
    assert (row.rule, row.proposed, row.rules_version) == (
        "personal-disclosed", "breach", "2026-11",
    )  # fmt: skip
    assert owed(incident) == {"gdpr-33": ("owed", at + timedelta(hours=72))}
    text = TimelineEntry.objects.get(incident=incident, kind="breach").text
    assert text.startswith("Decided: a breach, by rule personal-disclosed of 2026-11")


def test_a_corrected_detection_moves_what_is_still_open(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    judging.decide(incident, PERSONAL, verdict=Verdict.BREACH, by=commander, at=at)
    saying.say(incident, "/detected 05:45 UTC seen in the log", by=commander, at=at)
    due = NoticeDuty.objects.get(incident=incident).due_at
    assert due == datetime(2026, 11, 20, 5, 45, tzinfo=at.tzinfo)


def test_the_final_report_runs_from_the_notification(commander: Actor, at: datetime) -> None:
    site = a_site(time_zone="Europe/Berlin")
    incident = an_incident(by=commander, at=at, site=site, severity="SEV1")
    significant = Facts(is_significant=True)
    judging.decide(incident, significant, verdict=Verdict.NOT_BREACH, by=commander, at=at)
    final = NoticeDuty.objects.get(incident=incident, rule="nis2-23-final")
    third = at + timedelta(hours=72)
    assert (final.due_at, final.is_provisional) == (third.replace(month=12), True)
    notification = NoticeDuty.objects.get(incident=incident, rule="nis2-23-notification")
    sent = at + timedelta(hours=5)
    with boundary.acting(commander, at=sent):
        notifying.mark_sent(notification, sent_at=sent, reference="", by=commander, at=sent)
    final.refresh_from_db()
    assert (final.due_at, final.is_provisional) == (sent.replace(month=12), False)


def test_the_final_report_on_a_vulnerability_waits_for_a_measure(
    commander: Actor, at: datetime
) -> None:
    incident = an_incident(by=commander, at=at)
    facts = Facts(product=ProductHarm.EXPLOITED)
    judging.decide(incident, facts, verdict=Verdict.NOT_BREACH, by=commander, at=at)
    final = NoticeDuty.objects.get(incident=incident, rule="cra-14-vulnerability-final")
    assert (final.due_at, final.is_provisional) == (None, True)
    saying.say(incident, "/eradicated 09:45:00 UTC", by=commander, at=at)
    final.refresh_from_db()
    assert (final.due_at, final.is_provisional) == (at + timedelta(days=14), False)


def test_the_privacy_officer_decides_where_the_rules_say_so(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    facts = Facts(losses=frozenset({Loss.AVAILABILITY}), is_personal=True, level=2)
    with pytest.raises(PrivacyOfficerDecides):
        judging.decide(incident, facts, verdict=Verdict.NOT_BREACH, reason="x", by=commander, at=at)
    judging.decide(incident, facts, verdict=Verdict.ASK, by=commander, at=at)
    assert list(owed(incident)) == ["gdpr-33"]  # its clock runs while the officer is asked
    officer = a_responder("board_member")
    with boundary.acting(officer, at=at):
        judging.decide(
            incident, facts, verdict=Verdict.NOT_BREACH, reason="restored", by=officer, at=at
        )
    row = NoticeDuty.objects.get(incident=incident)
    assert (row.state, row.reason) == ("ruled_out", "not owed by decision 2")


def test_a_decision_back_owes_again_what_only_a_decision_ruled_out(
    commander: Actor, at: datetime
) -> None:
    incident = an_incident(by=commander, at=at)
    both = Facts(losses=READ, is_personal=True, is_high_risk=True)
    judging.decide(incident, both, verdict=Verdict.BREACH, by=commander, at=at)
    people = NoticeDuty.objects.get(incident=incident, rule="gdpr-34")
    notifying.rule_out(people, reason="all were encrypted", by=commander, at=at)
    judging.decide(incident, Facts(), verdict=Verdict.NOT_BREACH, by=commander, at=at)
    assert {state for state, _ in owed(incident).values()} == {"ruled_out"}
    judging.decide(incident, both, verdict=Verdict.BREACH, by=commander, at=at)
    assert owed(incident)["gdpr-33"][0] == "owed"
    assert owed(incident)["gdpr-34"][0] == "ruled_out"


def test_against_the_rules_takes_a_reason_and_the_law_of_the_site_counts(
    commander: Actor, at: datetime
) -> None:
    incident = an_incident(by=commander, at=at)
    with pytest.raises(ReasonMissing):
        judging.decide(incident, PERSONAL, verdict=Verdict.NOT_BREACH, by=commander, at=at)
    officer = a_responder("board_member")
    with boundary.acting(officer, at=at):
        stating.state_law(
            incident.site, country="mx", gdpr=False, nis2=None, cra=None, by=officer, at=at
        )
    judging.decide(incident, PERSONAL, verdict=Verdict.BREACH, by=commander, at=at)
    assert owed(incident) == {}


def test_a_contract_owes_its_partner_a_notice(commander: Actor, at: datetime) -> None:
    partner = a_partner()
    incident = an_incident(by=commander, at=at)
    IncidentLink.objects.create(
        incident=incident, target=partner.party, label=partner.name, role="involved",
        added_by=commander.ref, added_at=at,
    )  # fmt: skip
    officer = a_responder("board_member")
    with boundary.acting(officer, at=at):
        stating.state_limit(
            partner.party, clause="Supply agreement 7.2", hours=48, by=officer, at=at
        )
    facts = Facts(losses=READ, level=3)
    judging.decide(incident, facts, verdict=Verdict.BREACH, by=commander, at=at)
    row = NoticeDuty.objects.get(incident=incident)
    assert (row.recipient, row.article, row.due_at, row.partner) == (
        partner.name, "Supply agreement 7.2", at + timedelta(hours=48), partner.party,
    )  # fmt: skip


def test_who_may_decide(at: datetime) -> None:
    incident = an_incident(at=at)
    for role in ("site_operator", "auditor", "administrator"):
        by = a_responder(role)
        with boundary.acting(by, at=at), pytest.raises(NotAllowed):
            judging.decide(incident, Facts(), verdict=Verdict.NOT_BREACH, by=by, at=at)
    assert not BreachDecision.objects.exists()
