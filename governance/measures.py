"""Measures of the ground: what is promised about access, sign-in, the log and recovery."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from governance.actions.witnessing import Outside
from governance.domain.backups import WEEK, WEEKS, Kind, Result, weeks_covered
from governance.models import (
    AccessRequest,
    AccessReviewItem,
    AuditVerification,
    BackupAttestation,
    Membership,
    Site,
    User,
    UserKind,
)
from governance.queries import request_clock
from governance.registries import Measure, Reading, Unit

PERIOD_DAYS = 30
REQUESTS_URL = "/admin/governance/accessrequest/"
BACKUPS_URL = "/admin/governance/backupattestation/"
VERIFICATIONS_URL = "/admin/governance/auditverification/"
REVIEWS_URL = "/admin/governance/accessreview/"
REVIEWED_URL = "/admin/governance/accessreviewitem/"
REVIEW_DAYS = 92
INTEGRITY_DAYS = 90
FULL_CHECK_WITHIN = timedelta(hours=24)
CHECK_WITHIN = timedelta(minutes=5)
USERS_URL = "/admin/governance/user/"


def below(site_id: int) -> QuerySet[Site]:
    """Return the site and everything under it; nothing for an unknown one."""
    site = Site.objects.filter(pk=site_id).first()
    return Site.objects.below(site) if site else Site.objects.none()


def access_requests(site_id: int | None, at: datetime) -> Reading:
    """Return the share of requests due in the last 30 days that were decided in time.

    Open ones past their deadline count as missed, and so do those approved and not granted.
    What was withdrawn before it was due does not count.
    """
    since = at - timedelta(days=PERIOD_DAYS)
    asked = AccessRequest.objects.all()
    if site_id is not None:
        asked = asked.filter(system__site__in=below(site_id))
    rows = request_clock.due(asked, since=since, until=at, at=at)
    found = request_clock.attainment(rows, at=at)
    if found.share is None:
        return Reading(
            None,
            at,
            records_url=REQUESTS_URL,
            note=f"No data yet: no access request fell due in the last {PERIOD_DAYS} days",
        )
    query = {"clock": "counted", "due_at__gte": since.isoformat(), "due_at__lt": at.isoformat()}
    if site_id is not None:
        query["below"] = str(site_id)
    return Reading(
        100 * found.share, at, found.met, found.due, f"{REQUESTS_URL}?{urlencode(query)}"
    )


def second_factors(site_id: int | None, at: datetime) -> Reading:
    """Return the share of active people with board or remote access who enrolled a second
    factor: an authenticator app or a security key; recovery codes alone are none.
    """
    people = User.objects.filter(kind=UserKind.PERSON, is_active=True).filter(
        Q(is_staff=True) | ~Q(party="")
    )
    if site_id is not None:
        held = Membership.objects.in_force(at).filter(site__in=below(site_id))
        people = people.filter(pk__in=held.values("user"))
    enrolled = Authenticator.objects.filter(
        user=OuterRef("pk"), type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    )
    total = people.count()
    if not total:
        return Reading(
            None, at, records_url=USERS_URL, note="No data yet: nobody here may enter the board"
        )
    done = people.filter(Exists(enrolled)).count()
    return Reading(100 * done / total, at, done, total, f"{USERS_URL}?is_active__exact=1")


def audit_integrity(site_id: int | None, at: datetime) -> Reading:
    """Return the share of expected entries of the last 90 days for which every rule holds.

    Unknown, never 100 %, when the last full check is older than a day, the last check
    older than five minutes, or no witness outside was named: the log is one, so every site
    reads the same.
    """
    last = AuditVerification.objects.filter(at__lte=at).order_by("-id").first()
    why = _unknown(last, at)
    if last is None or why:
        return Reading(None, last.at if last else at, records_url=VERIFICATIONS_URL, note=why)
    first_day = str((at - timedelta(days=INTEGRITY_DAYS)).date())
    pairs = [
        pair for day, pair in last.breakdown["days"].items() if not day or day >= first_day
    ]  # what has no day is missing altogether, and counts always
    expected, verified = (sum(column) for column in zip(*pairs, strict=True)) if pairs else (0, 0)
    if not expected:
        return Reading(None, last.at, records_url=VERIFICATIONS_URL, note="No data yet: no entry")
    failed = ", ".join(f"{rule} {count}" for rule, count in sorted(last.classes.items()) if count)
    witnessed = f"witnessed up to entry {last.witnessed_size} of {last.size}"
    if all(Outside.parse(text).shares_this_host for text in settings.AUDIT_WITNESSES):
        witnessed += ", by this host alone: no proof against its administrator"
    return Reading(
        100 * verified / expected,
        last.at,
        verified,
        expected,
        f"{VERIFICATIONS_URL}{last.pk}/change/",
        note=f"Failed: {failed}; {witnessed}" if failed else f"Nothing failed; {witnessed}",
    )


def _unknown(last: AuditVerification | None, at: datetime) -> str:
    """Say why integrity cannot be told; empty when it can."""
    if not settings.AUDIT_WITNESSES:
        return "No data yet: no witness is named, so nothing outside confirms the log"
    if last is None:
        return "No data yet: the log was not verified so far"
    if at - last.full_at > FULL_CHECK_WITHIN:
        return f"Unknown: the last full check is of {last.full_at:%Y-%m-%d %H:%M} UTC"
    if at - last.at > CHECK_WITHIN:
        return f"Unknown: the last check is of {last.at:%Y-%m-%d %H:%M} UTC"
    return ""


def backups(site_id: int | None, at: datetime) -> Reading:
    """Return the share of the last 13 weeks in which a backup was restored and checked.

    A backup that nobody restored does not count, nor one whose restore failed or was not held
    against a witness. Weeks before the first backup do not count either. All sites share one
    database, so every site reads the same.
    """
    rows = BackupAttestation.objects.filter(taken_at__lte=at)
    first = rows.aggregate(first=Min("taken_at"))["first"]
    if first is None:
        note = "No data yet: no backup was made so far"
        return Reading(None, at, records_url=BACKUPS_URL, note=note)
    since = at - WEEKS * WEEK
    valid = BackupAttestation.objects.filter(
        kind=Kind.RESTORE, result=Result.VALID, restored_at__gt=since, restored_at__lte=at
    )
    instants = [one for one in valid.values_list("restored_at", flat=True) if one is not None]
    covered, existed = weeks_covered(instants, since=first, at=at)
    query = {"result__exact": Result.VALID, "restored_at__gte": since.date()}
    address = f"{BACKUPS_URL}?{urlencode(query)}"
    return Reading(100 * covered / existed, at, covered, existed, address)


def recoveries(site_id: int | None, at: datetime) -> Reading:
    """Return no value until a recovery was tried and timed."""
    return Reading(
        None,
        at,
        note="No data yet: the quarters with a recovery test show once the first is recorded",
    )


def access_reviews(site_id: int | None, at: datetime) -> Reading:
    """Return the share of reviewed accesses due in the last 92 days that people answered in time.

    What nobody answered counts as missed, also after it was suspended or ended. Campaigns that
    are not due yet do not count.
    """
    since = at - timedelta(days=REVIEW_DAYS)
    rows = AccessReviewItem.objects.counted(at=at).filter(review__due_at__gte=since)
    if site_id is not None:
        rows = rows.filter(review__site__in=below(site_id))
    total = rows.count()
    if not total:
        note = "No data yet: no review of access has fallen due"
        return Reading(None, at, records_url=REVIEWS_URL, note=note)
    done = rows.in_time().count()
    query = {"review__due_at__gte": since.isoformat(), "review__due_at__lt": at.isoformat()}
    if site_id is not None:
        query["below"] = str(site_id)
    return Reading(100 * done / total, at, done, total, f"{REVIEWED_URL}?{urlencode(query)}")


MEASURES = {
    "access_requests_in_4_hours": Measure(
        "Access requests resolved in 4 h",
        Unit.PERCENT,
        95,
        "higher",
        "Requests granted or refused by their deadline, four hours of wall time after they came,"
        f" over all requests due in the last {PERIOD_DAYS} days. Open overdue ones count as"
        " missed, and so do approved ones not yet granted; those withdrawn before they were due"
        " do not count.",
        access_requests,
    ),
    "second_factors": Measure(
        "Second factor of admins and remote access",
        Unit.PERCENT,
        100,
        "higher",
        "Active people who may enter the board or come from a partner, and have enrolled an"
        " authenticator app or a security key, over all of them. Nobody gets further than the"
        " enrollment without one.",
        second_factors,
    ),
    "access_reviews": Measure(
        "Quarterly reviews of access",
        Unit.PERCENT,
        100,
        "higher",
        "Accesses (who, what, which group of assets) of the quarterly reviews due in the last"
        f" {REVIEW_DAYS} days that a person decided about by the deadline, over all of them."
        " What nobody answered counts as missed, also after it was suspended or ended.",
        access_reviews,
    ),
    "audit_integrity": Measure(
        "Audit integrity",
        Unit.PERCENT,
        99.9,
        "higher",
        "Entries of the last 90 days for which every rule holds (sealed bytes, tree, signatures,"
        " order, witnesses, times, rows), over all that should be there: what witnesses saw,"
        " what waits for its place, and versions of rows without an entry.",
        audit_integrity,
    ),
    "backup_validation": Measure(
        "Weekly backup validation",
        Unit.PERCENT,
        100,
        "higher",
        "Weeks of the last 13 in which a backup was restored into a cluster of its own, checked,"
        " and held against a witness, over those since the first backup.",
        backups,
    ),
    "recovery_test": Measure(
        "Quarterly recovery test",
        Unit.PERCENT,
        100,
        "higher",
        "Quarters of the last four in which a recovery was tried and timed.",
        recoveries,
    ),
}
