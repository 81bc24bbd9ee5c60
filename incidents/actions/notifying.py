"""Notices: drafted from what is known, sent with a reference, or ruled out with a reason."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from governance import audit, notices
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Refused
from governance.models import User
from incidents.actions import notice_clocks, noting, timing
from incidents.domain.clocks import wall
from incidents.domain.intervals import Interval
from incidents.domain.milestones import Milestone, MilestoneKind, Source, Status
from incidents.domain.notice_duties import NoticeState, standing, warnings_due
from incidents.errors import NoticeEnded, ReasonMissing
from incidents.models import EntryKind, Incident, MilestoneEntry, NoticeDuty
from incidents.permissions import Act
from incidents.queries import people

_SECOND = timedelta(seconds=1)


@transaction.atomic
def draft(duty: NoticeDuty, text: str, *, by: Actor, at: datetime) -> NoticeDuty:
    """Keep ``text`` as the draft of the notice.

    Raises:
        NotAllowed: ``by`` may not draft notices here.
        NoticeEnded: it was sent or ruled out.
        Refused: there is no text.
    """
    require(by, Act.NOTICE_DRAFT, duty, at=at)
    text = noting.clean(text)
    if not text:
        raise Refused("The draft is empty. What was kept before stays.")
    if (
        not NoticeDuty.objects.open()
        .filter(pk=duty.pk)
        .update(draft=text, state=NoticeState.DRAFTED)
    ):
        raise _ended(duty, at=at)
    audit.record(by=by, act=Act.NOTICE_DRAFT, ref=duty.ref, at=at)
    duty.refresh_from_db()
    return duty


@transaction.atomic
def mark_sent(
    duty: NoticeDuty, *, sent_at: datetime, reference: str, by: Actor, at: datetime
) -> NoticeDuty:
    """Record that the notice went out at ``sent_at``; its milestone and its timeline entry follow.

    Also of a closed incident: a final report may be due after its close, whose milestones stay.

    Raises:
        NotAllowed: ``by`` may not send notices here.
        NoticeEnded: it was sent or ruled out before.
        Refused: it lies ahead, or before the incident was known.
    """
    require(by, Act.NOTICE_SEND, duty, at=at)
    incident = _held(duty)
    if sent_at > at:
        raise Refused("It cannot have been sent later than now.")
    # Typed to the minute, while periods begin at seconds.
    if duty.starts_at and sent_at < duty.starts_at.replace(second=0, microsecond=0):
        raise Refused("It cannot have been sent before its period began.")
    sent_at = max(sent_at, duty.starts_at) if duty.starts_at else sent_at
    reference = noting.clean(reference)[:200]
    sent = (
        NoticeDuty.objects.open()
        .filter(pk=duty.pk)
        .update(state=NoticeState.SENT, sent_at=sent_at, sent_by=by.ref, reference=reference)
    )
    if not sent:
        raise _ended(duty, at=at)
    duty.refresh_from_db()
    said, _ = standing(NoticeState.SENT, duty.due_at, sent_at, at=at)
    text = f"{duty.title} to {duty.recipient} ({duty.article}): {said}"
    text += f"; reference {reference}" if reference else ""
    noting.append(incident, EntryKind.NOTICE, text, by=by, at=at, start=sent_at)
    if incident.closed_at is None and not incident.ending:
        _milestone(incident, duty, sent_at, by=by, at=at)
    notice_clocks.settle(incident)
    audit.record(
        by=by, act=Act.NOTICE_SEND, ref=duty.ref, at=at, incident=incident.reference,
        recipient=duty.recipient, reference=reference or None, standing=said,
    )  # fmt: skip
    return duty


@transaction.atomic
def rule_out(duty: NoticeDuty, *, reason: str, by: Actor, at: datetime) -> NoticeDuty:
    """Say that the notice is not owed, and why.

    Raises:
        NotAllowed: ``by`` may not rule notices out here.
        ReasonMissing: nothing says why.
        NoticeEnded: it was sent or ruled out before.
    """
    require(by, Act.NOTICE_RULE_OUT, duty, at=at)
    incident = _held(duty)
    reason = noting.clean(reason)
    if not reason:
        raise ReasonMissing("Say why this notice is not owed: an authority may ask for it.")
    if (
        not NoticeDuty.objects.open()
        .filter(pk=duty.pk)
        .update(state=NoticeState.RULED_OUT, ruled_out_at=at, ruled_out_by=by.ref, reason=reason)
    ):
        raise _ended(duty, at=at)
    text = f"{duty.title} to {duty.recipient} ({duty.article}) ruled out: {reason}"
    noting.append(incident, EntryKind.NOTICE, text, by=by, at=at)
    audit.record(
        by=by, act=Act.NOTICE_RULE_OUT, ref=duty.ref, at=at, incident=incident.reference,
        reason=reason,
    )  # fmt: skip
    duty.refresh_from_db()
    return duty


def warn(*, at: datetime) -> None:
    """Tell those who answer for them of notices that are due soon or overdue, each once."""
    rows = NoticeDuty.objects.open().exclude(due_at=None).select_related("incident__site")
    for duty in rows.order_by(F("due_at").asc()):
        when = warnings_due(duty.due_at, at=at)
        if not when:
            continue
        incident = duty.incident
        said, _ = standing(NoticeState(duty.state), duty.due_at, None, at=at)
        notices.send(
            to=_answering(incident, at=at),
            subject=f"{incident.reference}: {duty.title}, {said}",
            text=(
                f"{duty.title} to {duty.recipient} under {duty.article} is {duty.state}: {said}. "
                f"Send it or rule it out in /incidents/{incident.reference}/notices/."
            ),
            ref=duty.ref,
            key=f"notice_due:{duty.pk}:{when}",
            at=at,
        )


def _answering(incident: Incident, *, at: datetime) -> list[User]:
    """Return privacy officers of the site and whoever commands."""
    found = {one.pk: one for one in notices.holders("board_member", site=incident.site, at=at)}
    if incident.commander is not None:
        found[incident.commander.pk] = incident.commander
    return list(found.values())


def _held(duty: NoticeDuty) -> Incident:
    """Return the incident, locked, also when it has ended."""
    rows = Incident.objects.select_for_update(of=("self",)).select_related("site")
    return rows.get(pk=duty.incident_id)


def _milestone(
    incident: Incident, duty: NoticeDuty, sent_at: datetime, *, by: Actor, at: datetime
) -> None:
    """Set when the recipient was first notified; later notices to them move nothing."""
    mine = MilestoneEntry.objects.filter(
        incident=incident, kind=MilestoneKind.NOTIFIED, party=duty.recipient
    )
    if mine.exists():
        return
    interval = Interval(sent_at, sent_at + _SECOND)
    milestone = Milestone(
        MilestoneKind.NOTIFIED, Status.KNOWN, Source.HUMAN, interval, party=duty.recipient
    )
    timing.append(incident, milestone, by=by, at=at, evidence=duty.reference)
    timing.settle(incident)


def _ended(duty: NoticeDuty, *, at: datetime) -> NoticeEnded:
    duty.refresh_from_db()
    zone = ZoneInfo(duty.incident.site.time_zone)
    if duty.sent_at is not None:
        who, when = people.name(duty.sent_by), wall(duty.sent_at, zone=zone, at=at)
        return NoticeEnded(f"{who} recorded that it was sent at {when}.")
    if duty.ruled_out_at is not None:
        who = people.name(duty.ruled_out_by)
        return NoticeEnded(f"{who} ruled it out: {duty.reason}.")
    return NoticeEnded("It changed in the meantime. Nothing was saved.")
