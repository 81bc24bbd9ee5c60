"""Entries of the audit log as people read them: named, in sentences, with what belongs to them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from governance.domain import narration
from governance.domain.narration import Change, Named
from governance.models import AuditEvent
from governance.queries import audit_search, names

COUNTED = 1000
"""Entries of one transaction beyond this many are not counted: "more than"."""
IN_REQUEST = 100

# One short walk along the index for each transaction.
_BELONGING = """
SELECT key.cluster, key.xid, entry.cause, CASE WHEN entry.cause = '' THEN entry.act ELSE '' END,
       count(*)
FROM unnest(%s::bigint[], %s::bigint[]) AS key(cluster, xid), LATERAL (
  SELECT act, cause FROM audit_event
  WHERE cluster = key.cluster AND xid = key.xid ORDER BY id LIMIT %s) entry
GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True)
class Fold:
    """What one transaction did: acts of this kind, and changes of rows that belong to them."""

    acts: int
    rows: int
    is_more: bool = False

    @property
    def text(self) -> str:
        """Return it in words."""
        more = "more than " if self.is_more else ""
        acts = f"{self.acts:,} act{'' if self.acts == 1 else 's'}"
        rows = f"{self.rows:,} row change{'' if self.rows == 1 else 's'}"
        return f"{acts}, {more}{rows}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, named."""

    id: int
    recorded_at: datetime
    occurred_at: datetime
    act: str
    cause: str
    outcome: str
    request_id: str
    actor: Named
    thing: Named
    scope: Named
    tenant: Named
    sentence: str
    facts: dict[str, Any] | None
    fold: Fold | None = None
    changes: list[Change] = field(default_factory=list)

    @property
    def is_row(self) -> bool:
        """Whether the database wrote it about a row."""
        return narration.is_row(self.act)

    @property
    def has_old(self) -> bool:
        """Whether any column had a value before; a secret one may have had."""
        return any(change.old or change.is_secret for change in self.changes)

    @property
    def has_new(self) -> bool:
        """Whether any column has a value now."""
        return any(change.new or change.is_secret for change in self.changes)

    @property
    def is_erased(self) -> bool:
        """Whether the body is gone, by an erasure."""
        return self.facts is None

    @property
    def said(self) -> list[tuple[str, str]]:
        """Return what the body says besides changes."""
        return narration.said(self.facts or {})


def read(rows: Sequence[dict[str, Any]], *, is_folded: bool) -> list[Entry]:
    """Return ``rows`` as entries: at most two queries, however many there are."""
    known = names.named(_references(rows))
    folds = _folds(rows) if is_folded else {}
    return [_entry(row, known, folds) for row in rows]


def of_request(rows: QuerySet[AuditEvent], request_id: str, *, but: int) -> list[Entry]:
    """Return what else of ``rows`` happened in a request, in order, at most ``IN_REQUEST``."""
    if request_id == "none":
        return []
    found = rows.filter(request_id=request_id).exclude(pk=but).order_by("id")
    return read(list(found.values(*audit_search.COLUMNS)[:IN_REQUEST]), is_folded=False)


def _references(rows: Iterable[dict[str, Any]]) -> set[str]:
    return {row[column] for row in rows for column in ("actor", "object", "scope", "tenant")}


def _entry(
    row: dict[str, Any], known: dict[str, Named], folds: dict[tuple[int, int], Any]
) -> Entry:
    facts = AuditEvent(body=row["body"]).facts if row["body"] is not None else None
    actor, thing = known[row["actor"]], known[row["object"]]
    fold = None
    if row["outcome"] == "ok" and not narration.is_row(row["act"]):
        fold = _fold(folds.get((row["cluster"], row["xid"])), row["act"])
    return Entry(
        id=row["id"],
        recorded_at=row["recorded_at"],
        occurred_at=row["occurred_at"],
        act=row["act"],
        cause=row["cause"],
        outcome=row["outcome"],
        request_id=row["request_id"],
        actor=actor,
        thing=thing,
        scope=known.get(row["scope"], Named("")),
        tenant=known[row["tenant"]],
        sentence=narration.sentence(actor, row["act"], thing, row["outcome"], row["cause"]),
        facts=facts,
        fold=fold,
        changes=narration.changes(facts or {}),
    )


def _folds(
    rows: Iterable[dict[str, Any]],
) -> dict[tuple[int, int], tuple[Counter[str], Counter[str]]]:
    """Return, by transaction, how many acts there are and how many row changes by cause."""
    keys = sorted(
        {(row["cluster"], row["xid"]) for row in rows if not narration.is_row(row["act"])}
    )
    found: dict[tuple[int, int], tuple[Counter[str], Counter[str]]] = defaultdict(
        lambda: (Counter(), Counter())
    )
    if keys:
        with connection.cursor() as cursor:
            columns = [list(column) for column in zip(*keys, strict=True)]
            cursor.execute(_BELONGING, [*columns, COUNTED + 1])
            for cluster, xid, cause, act, count in cursor.fetchall():
                heads, changed = found[cluster, xid]
                if act:
                    heads[act] += count
                else:
                    changed[cause] += count
    return found


def _fold(group: tuple[Counter[str], Counter[str]] | None, act: str) -> Fold | None:
    """Return what belongs to ``act``; rows whose cause is no act of the transaction do too."""
    if group is None:
        return None
    heads, changed = group
    if not changed and heads[act] <= 1:
        return None
    rows = sum(n for cause, n in changed.items() if cause == act or cause not in heads)
    return Fold(heads[act] or 1, rows, sum(heads.values()) + sum(changed.values()) > COUNTED)
