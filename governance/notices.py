"""The door through which people hear of things: in the product and by mail."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from governance import jobs
from governance.models import Membership, Notice, Site, User


def send(*, to: Iterable[User], subject: str, text: str, ref: str, key: str, at: datetime) -> int:
    """Notify each of ``to`` once per ``key``; return how many were new.

    The mail goes out by a job after the commit, so a rolled back act mails nobody.
    """
    rows = Notice.objects.bulk_create(
        (
            Notice(user=user, key=key, subject=subject, text=text, ref=ref, created_at=at)
            for user in to
        ),
        ignore_conflicts=True,
    )
    if rows:
        jobs.enqueue("notice_mail", key=f"notice_mail:{key}", payload={"key": key}, at=at)
    return len(rows)


def holders(role: str, *, site: Site, at: datetime) -> QuerySet[User]:
    """Return the people who hold ``role`` at ``site`` or above it."""
    held = Membership.objects.in_force(at).filter(
        role__slug=role, site__slug__in=site.path.split("/")
    )
    return User.objects.filter(is_active=True, kind="person", memberships__in=held).distinct()
