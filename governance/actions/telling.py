"""Mailing notices and handing alarms up."""

import re
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from governance import registries
from governance.domain.actor import Actor
from governance.models import Alarm, Notice
from governance.registries import AlarmText

# A path of this service as the texts of notices write it: "see /incidents/INC-2026-0003/".
_PATH = re.compile(r"(?<!\S)/(?=[a-z]+/)")


def mail(key: str, *, at: datetime) -> int:
    """Mail the notices of ``key`` that were not mailed yet; return how many went out.

    Each is marked in a transaction of its own right after the server took it, so a
    failure half way mails nobody twice beyond the one in flight.
    """
    sent = 0
    connection = get_connection()
    for notice in Notice.objects.filter(key=key, mailed_at=None).select_related("user"):
        with transaction.atomic():
            claimed = Notice.objects.filter(pk=notice.pk, mailed_at=None).update(mailed_at=at)
            if not claimed or not notice.user.email or not notice.user.is_active:
                continue
            subject = " ".join(notice.subject.split())
            EmailMessage(
                subject,
                # On a phone at night only a whole address can be tapped.
                _PATH.sub(f"{settings.PUBLIC_URL.rstrip('/')}/", notice.text),
                to=[notice.user.email],
                connection=connection,
                headers={"X-Wardroom-Key": f"{notice.pk}"},
            ).send()
            sent += 1
    return sent


@transaction.atomic
def hand_up(*, by: Actor, at: datetime) -> int:
    """Give each new alarm to every handler; all of them take it or it stays."""
    handed = 0
    for alarm in Alarm.objects.select_for_update(skip_locked=True).filter(handed_at=None)[:100]:
        text = AlarmText(
            alarm.kind, alarm.severity, alarm.ref, alarm.key, alarm.detail, alarm.raised_at
        )
        for _, handle in registries.alarms:
            handle(text, by, at)
        handed += Alarm.objects.filter(pk=alarm.pk, handed_at=None).update(handed_at=at)
    return handed
