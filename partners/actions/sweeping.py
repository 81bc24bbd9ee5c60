"""What time alone does: findings fall overdue, feeds grow stale."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.models import Alarm
from partners.actions import settling
from partners.actions.settling import Swept
from partners.models import FeedRun, Finding
from partners.permissions import Act

STALE_AFTER = timedelta(days=7)
STALE_ATTACKS_AFTER = timedelta(days=3)
STALE = {"kev": STALE_ATTACKS_AFTER, "epss": STALE_ATTACKS_AFTER}
"""How old the newest import of a source may be; advisories, where nothing else is said."""


@transaction.atomic
def sweep(*, by: Actor, at: datetime) -> Swept:
    """Mark findings overdue that were open and unwaived when they fell due, and waivers ended.

    Breaches are dated at the due instant, so a late, repeated or missed run leaves the
    same rows.

    Raises:
        NotAllowed: ``by`` may not sweep.
    """
    require(by, Act.FINDING_SWEEP, Finding(), at=at)
    swept = settling.sweep(at=at)
    if swept.overdue or swept.ran_out:
        audit.record(
            by=by,
            act=Act.FINDING_SWEEP,
            ref=Finding().resource_type(),
            at=at,
            overdue=swept.overdue,
            waivers_ended=swept.ran_out,
        )
    return swept


@transaction.atomic
def watch_feeds(*, by: Actor, at: datetime) -> int:
    """Raise an alarm, once for each run, where a source's newest import is too old.

    Raises:
        NotAllowed: ``by`` may not watch feeds.
    """
    require(by, Act.FEED_WATCH, FeedRun(), at=at)
    newest = FeedRun.objects.order_by().values("source").annotate(last=Max("at"), run=Max("pk"))
    raised = 0
    for row in newest:
        if row["last"] >= at - stale_after(row["source"]):
            continue
        _, is_new = Alarm.objects.get_or_create(
            key=f"stale_feed:{row['source']}:{row['run']}",
            defaults={
                "kind": "stale_feed",
                "severity": 3,
                "ref": f"{FeedRun.resource_type()}:{row['run']}",
                "detail": (
                    f"Nothing of {row['source']} was imported since {row['last']:%b %d, %Y}; "
                    "due dates may come too late."
                ),
                "raised_at": at,
            },
        )
        raised += is_new
    return raised


def stale_after(source: str) -> timedelta:
    """Return how old the newest import of ``source`` may be."""
    return STALE.get(source, STALE_AFTER)
