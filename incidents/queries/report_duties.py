"""Notices, actions and steps of the incidents that a report is about."""

from datetime import datetime

from django.db.models import Count, F, Q, QuerySet

from incidents.domain.cards import CardState
from incidents.domain.incidents import Kind, Reference
from incidents.domain.learning import ActionState
from incidents.domain.notice_duties import NoticeState
from incidents.domain.report_duties import Actions, Duties, Late, Notices, Work
from incidents.domain.spans import Period
from incidents.models import ActionItem, Card, CommandRun, Incident, NoticeDuty
from incidents.models.command_run import CommandState

_OPEN = [one.value for one in NoticeState if one.is_open]
_WAITING = [one.value for one in ActionState if one.is_waiting]
_NAMED = ("incident__year", "incident__number", "pk", "title")


def gather(seen: QuerySet[Incident], *, kind: Kind, period: Period, at: datetime) -> Duties:
    """Return what of ``seen`` is of ``kind``; drills and live ones never meet in one figure."""
    mine = seen.filter(kind=kind.value).order_by()
    drills = seen.filter(
        kind=Kind.DRILL, declared_at__gte=period.start, declared_at__lt=min(period.end, at)
    )
    return Duties(
        notices=_notices(mine, period, at),
        actions=_actions(mine, at),
        work=_work(mine, period, at),
        drills=drills.count(),
    )


def _notices(incidents: QuerySet[Incident], period: Period, at: datetime) -> Notices:
    """Sent exactly on the due instant is in time; what is due at this very instant still may be."""
    rows = NoticeDuty.objects.filter(incident__in=incidents.values("pk")).order_by()
    due = Q(due_at__gte=period.start, due_at__lt=period.end)
    sent = due & Q(state=NoticeState.SENT, sent_at__lte=at)
    counts = rows.aggregate(
        in_time=Count("pk", filter=sent & Q(sent_at__lte=F("due_at"))),
        sent_late=Count("pk", filter=sent & Q(sent_at__gt=F("due_at"))),
        missed=Count("pk", filter=due & Q(state__in=_OPEN, due_at__lt=at)),
        undated=Count("pk", filter=Q(state__in=_OPEN, due_at=None)),
    )
    late = rows.filter(state__in=_OPEN, due_at__lt=at).order_by("due_at", "pk")
    overdue = tuple(
        Late(
            str(Reference(year, number)),
            key,
            f"{title} to {recipient}",
            f"{due_at:%b %-d, %H:%M} UTC",
        )
        for year, number, key, title, recipient, due_at in late.values_list(
            *_NAMED, "recipient", "due_at"
        )
    )
    return Notices(**counts, overdue=overdue)


def _actions(incidents: QuerySet[Incident], at: datetime) -> Actions:
    rows = ActionItem.objects.filter(incident__in=incidents.values("pk")).order_by()
    counts = rows.aggregate(agreed=Count("pk"), waiting=Count("pk", filter=Q(state__in=_WAITING)))
    late = rows.filter(state__in=_WAITING, due_on__lt=at.date()).order_by("due_on", "pk")
    overdue = tuple(
        Late(str(Reference(year, number)), key, f"{title}, {owner}", f"{due_on:%b %-d}")
        for year, number, key, title, owner, due_on in late.values_list(
            *_NAMED, "owner__name", "due_on"
        )
    )
    return Actions(**counts, overdue=overdue)


def _work(incidents: QuerySet[Incident], period: Period, at: datetime) -> Work:
    until = min(period.end, at)
    within = {"run__incident__in": incidents.values("pk")}
    cards = Card.objects.filter(
        **within, state=CardState.DONE, done_at__gte=period.start, done_at__lt=until
    )
    commands = CommandRun.objects.filter(
        **within, state=CommandState.DONE, ended_at__gte=period.start, ended_at__lt=until
    )
    by_machine = commands.filter(step_run__cards=None)
    return Work(cards.count(), by_machine.values("step_run").distinct().order_by().count())
