"""Finding entries of the audit log: what was asked for, and which entries that is.

Order is by id, newest first. Ids and ``recorded_at`` are given at the same instant, so a
range of times becomes a range of ids by bisection, which every index of the log can use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Max, Min, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.dateparse import parse_date, parse_datetime

from governance.context import OWN
from governance.errors import BadInput
from governance.models import AuditEvent, User
from governance.queries import cases

PEOPLE = 20
"""So many people may carry the name that is searched for."""
DISORDER = timedelta(seconds=60)
"""How far apart the order of ids and that of times may be: clocks that were set, stalls."""
ACTS, ENTRIES = "acts", "entries"
OUTCOMES = ("ok", "denied")
COLUMNS = (
    "id", "recorded_at", "occurred_at", "tenant", "scope", "actor", "act", "cause", "object",
    "outcome", "request_id", "body", "cluster", "xid",
)  # fmt: skip

_LOOSE = """
WITH RECURSIVE words AS (
  (SELECT {column} AS word FROM audit_event WHERE {condition} ORDER BY {column} LIMIT 1)
  UNION ALL
  SELECT (SELECT {column} FROM audit_event
          WHERE {condition} AND {column} > words.word ORDER BY {column} LIMIT 1)
  FROM words WHERE words.word IS NOT NULL
)
SELECT word FROM words WHERE word IS NOT NULL LIMIT 2000
"""
# Bisection over the key: about log2(ids) probes of one row each, in one statement.
_FIRST_FROM = """
WITH RECURSIVE half(low, high) AS (
  SELECT min(id), max(id) + 1 FROM audit_event
  UNION ALL
  SELECT CASE WHEN probe.recorded_at < %(at)s THEN probe.id + 1 ELSE half.low END,
         CASE WHEN probe.recorded_at < %(at)s THEN half.high ELSE (half.low + half.high) / 2 END
  FROM half, LATERAL (SELECT id, recorded_at FROM audit_event
                      WHERE id >= (half.low + half.high) / 2 ORDER BY id LIMIT 1) probe
  WHERE half.low < half.high
)
SELECT low FROM half WHERE low >= high
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; empty means everything. Times are aware, ``until`` is excluded."""

    actor: str = ""
    act: str = ""
    object: str = ""
    request: str = ""
    scope: str = ""
    tenant: str = ""
    outcome: str = ""
    show: str = ""
    case: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Wanted":
        """Read the parameters of an address.

        Raises:
            BadInput: a time or a word of a fixed list cannot be read.
        """
        words = {
            field.name: given.get(field.name, "").strip()[:160]
            for field in fields(cls)
            if field.name not in ("since", "until")
        }
        if words["outcome"] and words["outcome"] not in OUTCOMES:
            raise BadInput("The outcome is ok or denied.", pointer="/outcome")
        if words["show"] and words["show"] not in (ACTS, ENTRIES):
            raise BadInput("Show acts or entries.", pointer="/show")
        if words["case"]:
            try:
                words["case"] = str(UUID(words["case"]))
            except ValueError:
                raise BadInput("A case is a UUID.", pointer="/case") from None
        if any("\0" in word for word in words.values()):
            raise BadInput("A value holds a NUL.")
        return cls(
            **words,
            since=_instant(given.get("since", ""), "/since"),
            until=_instant(given.get("until", ""), "/until"),
        )

    @property
    def is_folded(self) -> bool:
        """Whether changes of rows stand under the act that made them.

        Who asks about an object or about a kind of row change wants to see each.
        """
        return self.show != ENTRIES and not (
            self.object or self.act.startswith("row:") or self.request or self.case
        )

    @property
    def is_crossed(self) -> bool:
        """Whether two filters or more must meet, each of which has an index of its own."""
        given = (
            self.actor,
            self.act,
            self.object,
            self.scope not in ("", "*"),
            self.tenant not in ("", OWN),
            self.outcome == "denied",
        )
        return not (self.request or self.case) and sum(map(bool, given)) > 1

    def words(self) -> dict[str, str]:
        """Return what was asked for, as the parameters of an address."""
        return {
            field.name: value.astimezone(UTC).isoformat().replace("+00:00", "Z")
            if isinstance(value, datetime)
            else value
            for field in fields(self)
            if (value := getattr(self, field.name))
        }


def matching(rows: QuerySet[AuditEvent], wanted: Wanted) -> QuerySet[AuditEvent]:
    """Return those of ``rows`` that are wanted, newest first."""
    rows = fitting(rows, wanted)
    if wanted.since:
        rows = rows.filter(id__gte=first_from(wanted.since - DISORDER))
    if wanted.until:
        rows = rows.filter(id__lt=first_from(wanted.until + DISORDER))
    return rows.order_by("-id")


def fitting(rows: QuerySet[AuditEvent], wanted: Wanted) -> QuerySet[AuditEvent]:
    """Return the same as :func:`matching`, in no order, with no range of ids to find them by."""
    if wanted.is_folded:
        rows = rows.filter(cause="")
    if wanted.actor:
        rows = rows.filter(_actor(wanted.actor))
    if wanted.act.endswith("*"):
        stem = wanted.act[:-1]
        rows = rows.filter(act__in=[act for act in acts() if act.startswith(stem)])
    elif wanted.act:
        rows = rows.filter(act=wanted.act)
    for column in ("object", "scope", "tenant", "outcome"):
        if value := getattr(wanted, column):
            rows = rows.filter(**{column: value})
    if wanted.request:
        # Only bitmap scans use the summary of request ids; the planner would rather read it all.
        rows = rows.filter(pk__in=RawSQL("SELECT audit_of_request(%s)", [wanted.request]))
    if wanted.case:
        rows = rows.filter(_of_case(UUID(wanted.case)))
    if wanted.since:
        rows = rows.filter(recorded_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(recorded_at__lt=wanted.until)
    return rows


def _of_case(case: UUID) -> Q:
    """What was done to the records of a case, and the refusal that it began with."""
    found = Q(object__in=cases.refs(case))
    for request_id in cases.refused_in(case):
        refused = RawSQL("SELECT audit_of_request(%s)", [request_id])
        found |= Q(pk__in=refused, outcome="denied")
    return found


def ids(wanted: Wanted) -> tuple[int, int]:
    """Return the least id that may be wanted, and the one after the greatest; equal if none."""
    ends = AuditEvent.objects.aggregate(low=Min("id"), high=Max("id"))
    low, high = ends["low"] or 0, (ends["high"] or -1) + 1
    if wanted.since:
        low = max(low, first_from(wanted.since - DISORDER))
    if wanted.until:
        high = min(high, first_from(wanted.until + DISORDER))
    return low, high


def acts() -> list[str]:
    """Return the acts that the log holds, in order: a probe of the index for each."""
    return _loose("act", "true")


def scopes() -> list[str]:
    """Return the scopes that the log holds, other than none and everywhere."""
    return _loose("scope", "scope <> '' AND scope <> '*'")


def tenants() -> list[str]:
    """Return the partners that the log speaks of."""
    return _loose("tenant", "tenant <> 'own'")


def _loose(column: str, condition: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_LOOSE.format(column=column, condition=condition))
        return [word for (word,) in cursor.fetchall()]


def first_from(at: datetime) -> int:
    """Return the id of the first entry recorded at ``at`` or later; beyond the last if none."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_FROM, {"at": at})
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def _actor(text: str) -> Q:
    """A reference, or part of a person's name or address."""
    if ":" in text or text == "anonymous":
        return Q(actor=text)
    people = User.objects.filter(Q(name__icontains=text) | Q(email__iexact=text))
    keys: list[UUID] = list(people.order_by("pk").values_list("pk", flat=True)[:PEOPLE])
    return Q(actor__in=[f"user:{key}" for key in keys])


def _instant(text: str, pointer: str) -> datetime | None:
    """Read a date or an instant; without a zone it is UTC."""
    if not text.strip():
        return None
    try:
        found = parse_datetime(text.strip().replace(" ", "+") if "T" in text else text.strip())
        if found is None and (day := parse_date(text.strip())):
            found = datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        found = None
    if found is None or not 1970 < found.year < 9000:
        raise BadInput("Write a time as 2026-11-17T09:45, in UTC.", pointer=pointer)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
