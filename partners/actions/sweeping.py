"""What time alone does: findings fall overdue, feeds grow stale."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.models import Alarm
from partners.actions import settling
from partners.models import FeedRun, Finding
from partners.permissions import Act

STALE_AFTER = timedelta(days=7)


@transaction.atomic
def sweep(*, by: Actor, at: datetime) -> int:
    """Mark findings overdue that were open when they fell due; return how many were new.

    Breaches are dated at the due instant, so a late, repeated or missed run leaves the
    same rows.

    Raises:
        NotAllowed: ``by`` may not sweep.
    """
    require(by, Act.FINDING_SWEEP, Finding(), at=at)
    count = settling.breach(at=at)
    if count:
        audit.record(
            by=by, act=Act.FINDING_SWEEP, ref=Finding().resource_type(), at=at, overdue=count
        )
    return count


@transaction.atomic
def watch_feeds(*, by: Actor, at: datetime) -> int:
    """Raise an alarm, once for each run, where a source's newest import is too old.

    Raises:
        NotAllowed: ``by`` may not watch feeds.
    """
    require(by, Act.FEED_WATCH, FeedRun(), at=at)
    newest = FeedRun.objects.order_by().values("source").annotate(last=Max("at"), run=Max("pk"))
    raised = 0
    for row in newest.filter(last__lt=at - STALE_AFTER):
        _, is_new = Alarm.objects.get_or_create(
            key=f"stale_feed:{row['source']}:{row['run']}",
            defaults={
                "kind": "stale_feed",
                "severity": 3,
                "ref": f"{FeedRun.resource_type()}:{row['run']}",
                "detail": (
                    f"No {row['source']} advisories were imported since "
                    f"{row['last']:%b %d, %Y}; due dates may come too late."
                ),
                "raised_at": at,
            },
        )
        raised += is_new
    return raised
