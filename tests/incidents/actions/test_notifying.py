"""Notices: drafted, sent in time or late, ruled out, and announced before they are due."""

from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed, Refused
from governance.models import Notice
from incidents.actions import judging, notifying
from incidents.domain.breaches import Facts, Loss, Verdict
from incidents.errors import NoticeEnded, ReasonMissing
from incidents.models import MilestoneEntry, NoticeDuty, TimelineEntry
from incidents.queries import drafting, notices
from tests.builders.incidents import a_responder, an_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def duty(commander: Actor, at: datetime) -> NoticeDuty:
    incident = an_incident(by=commander, at=at, severity="SEV1", summary="Badges were copied")
    facts = Facts(losses=frozenset({Loss.CONFIDENTIALITY}), is_personal=True, records=1200)
    judging.decide(incident, facts, verdict=Verdict.BREACH, by=commander, at=at)
    return NoticeDuty.objects.get(incident=incident, rule="gdpr-33")


def test_the_draft_is_filled_in_and_leaves_open_what_nobody_knows(
    duty: NoticeDuty, at: datetime
) -> None:
    text = drafting.draft_of(duty, at=at)
    for words in (
        "To: Data protection authority",
        "Under: GDPR art. 33(1)",
        duty.incident.reference,
        "Badges were copied",
        "Records, approximately: 1,200.",
        "Lost: confidentiality.",
        "We became aware: 2026-11-17",
        "People, approximately: [not known yet].",
    ):
        assert words in text


def test_a_kept_draft_is_given_back(duty: NoticeDuty, commander: Actor, at: datetime) -> None:
    notifying.draft(duty, "our words\r\n", by=commander, at=at)
    assert (duty.state, drafting.draft_of(duty, at=at)) == ("drafted", "our words")
    with pytest.raises(Refused):
        notifying.draft(duty, " ", by=commander, at=at)


@pytest.mark.parametrize(
    ("after", "said"),
    [(72, "sent in time, 0\N{NO-BREAK SPACE}s before"), (73, "sent 1\N{NO-BREAK SPACE}h late")],
)
def test_sent_is_a_milestone_and_late_is_said(
    duty: NoticeDuty, commander: Actor, at: datetime, after: int, said: str
) -> None:
    then = at + after * HOUR
    with boundary.acting(commander, at=then):
        notifying.mark_sent(duty, sent_at=then, reference="DPA-7", by=commander, at=then)
        with pytest.raises(NoticeEnded, match="recorded that it was sent at"):
            notifying.rule_out(duty, reason="x", by=commander, at=then)
    entry = MilestoneEntry.objects.get(incident=duty.incident, kind="notified")
    assert (entry.party, entry.starts_at) == ("Data protection authority", then)
    text = TimelineEntry.objects.get(incident=duty.incident, kind="notice").text
    assert said in text
    assert "reference DPA-7" in text


def test_it_was_not_sent_tomorrow_or_before_anybody_knew(
    duty: NoticeDuty, commander: Actor, at: datetime
) -> None:
    for sent in (at + HOUR, at - HOUR):
        with pytest.raises(Refused):
            notifying.mark_sent(duty, sent_at=sent, reference="", by=commander, at=at)


def test_ruling_out_takes_a_reason(duty: NoticeDuty, commander: Actor, at: datetime) -> None:
    with pytest.raises(ReasonMissing):
        notifying.rule_out(duty, reason=" ", by=commander, at=at)
    notifying.rule_out(duty, reason="no risk to anybody", by=commander, at=at)
    assert (duty.state, duty.reason) == ("ruled_out", "no risk to anybody")
    with pytest.raises(NoticeEnded, match="no risk"):
        notifying.draft(duty, "x", by=commander, at=at)


def test_those_who_answer_for_it_are_warned_once_each_time(
    duty: NoticeDuty, commander: Actor, at: datetime
) -> None:
    officer = a_responder("board_member")
    due = duty.due_at
    assert due is not None
    told = []
    for hours in (13, 12, 11, 2, -1, -5):
        then = due - hours * HOUR
        with boundary.acting(commander, at=then):
            notifying.warn(at=then)
        told.append(Notice.objects.filter(key__startswith="notice_due").count())
    assert told == [0, 1, 1, 2, 3, 3]
    subjects = list(
        Notice.objects.filter(
            user__pk=officer.ref.removeprefix("user:"), key__startswith="notice_due"
        )
        .order_by("created_at")
        .values_list("subject", flat=True)
    )
    assert subjects[-1].endswith("overdue")
    assert "due in 12" in subjects[0]


def test_it_is_a_duty_of_those_who_may_send_it(
    duty: NoticeDuty, commander: Actor, at: datetime
) -> None:
    mine = notices.duties(commander, at)
    assert [(one.title, one.due_at) for one in mine] == [
        ("Notify the personal data breach to Data protection authority", duty.due_at)
    ]
    assert notices.duties(a_responder("site_operator"), at) == []


def test_an_undecided_major_incident_is_a_duty_with_the_first_limit(
    commander: Actor, at: datetime
) -> None:
    incident = an_incident(by=commander, at=at, severity="SEV2")
    assert [(one.title, one.due_at) for one in notices.duties(commander, at)] == [
        (f"Decide whether {incident.reference} is a breach", at + 24 * HOUR)
    ]


def test_who_may_send_and_rule_out(duty: NoticeDuty, at: datetime) -> None:
    for role in ("soc_analyst", "site_operator", "auditor"):
        by = a_responder(role)
        with boundary.acting(by, at=at):
            with pytest.raises(NotAllowed):
                notifying.mark_sent(duty, sent_at=at, reference="", by=by, at=at)
            with pytest.raises(NotAllowed):
                notifying.rule_out(duty, reason="x", by=by, at=at)
