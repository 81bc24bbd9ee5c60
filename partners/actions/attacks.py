"""Taking what is known of attacks: KEV, EPSS and Vulnrichment, each as a whole or not at all."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from partners.actions import feeding, rating, settling
from partners.actions.feeding import MAX_LISTED, Outcome, Progress
from partners.advisories import epss, kev, vulnrichment
from partners.advisories.files import BadFeed, FeedDefect
from partners.errors import UnreadableFeed
from partners.models import ExploitedCve, FeedRun, SsvcAssessment
from partners.permissions import Act

BATCH = 5_000

# One statement each: what differs is written, what is gone is removed, the rest stays untouched.
_SWAP_EPSS = """
INSERT INTO partners_epssscore AS e (cve, score, percentile)
SELECT * FROM unnest(%s::text[], %s::float8[], %s::float8[])
ON CONFLICT (cve) DO UPDATE SET score = excluded.score, percentile = excluded.percentile
WHERE (e.score, e.percentile) IS DISTINCT FROM (excluded.score, excluded.percentile)
"""
_DROP_EPSS = """
DELETE FROM partners_epssscore e
WHERE NOT EXISTS (SELECT FROM unnest(%s::text[]) AS known(cve) WHERE known.cve = e.cve)
"""
_SCORE_SETS = """
UPDATE partners_vulnerability v SET epss = x.score
FROM (SELECT v.id, max(e.score) AS score FROM partners_vulnerability v
      LEFT JOIN partners_vulnerabilityname n ON n.vulnerability_id = v.id
      LEFT JOIN partners_epssscore e ON e.cve = n.name GROUP BY v.id) x
WHERE x.id = v.id AND v.epss IS DISTINCT FROM x.score
"""
_SCORE_FINDINGS = """
UPDATE partners_finding f SET epss = v.epss FROM partners_vulnerability v
WHERE v.id = f.vulnerability_id AND f.state = 'open' AND f.epss IS DISTINCT FROM v.epss
"""


@dataclass(slots=True)
class _Read:
    """What a file held."""

    records: int = 0
    changed: int = 0
    data_date: datetime | None = None
    defects: list[FeedDefect] = field(default_factory=list)
    defect_count: int = 0
    cves: set[str] = field(default_factory=set)

    def defect(self, found: FeedDefect) -> None:
        self.defect_count += 1
        if len(self.defects) < MAX_LISTED:
            self.defects.append(found)


@transaction.atomic
def take(
    path: Path,
    *,
    source: str,
    may_shrink: bool = False,
    on_progress: Progress = lambda count: None,
    by: Actor,
    at: datetime,
) -> Outcome:
    """Import the file at ``path``: ``kev`` (JSON), ``epss`` (CSV), or ``vulnrichment`` (CVE JSON).

    What the file no longer holds is gone afterwards, except for ``vulnrichment``, whose files may
    be parts. Ratings and due dates follow what changed, in the same transaction.

    Raises:
        NotAllowed: ``by`` may not import feeds.
        UnreadableFeed: no such feed; nothing was taken.
        ShrunkenFeed: a fifth of the records of the last file of this name is gone.
    """
    file = path.name[:200]
    require(by, Act.FEED_IMPORT, FeedRun(source=source, file=file), at=at)
    feeding.one_at_a_time(source)
    try:
        sha256 = feeding.sha256_of(path)
        found = _TAKERS[source](path, may_shrink, on_progress)
    except BadFeed as error:
        raise UnreadableFeed(str(error)) from None
    except OSError as error:
        raise UnreadableFeed(f"{file}: {error.strerror or 'cannot be read'}") from None
    run = FeedRun.objects.create(
        source=source,
        file=file,
        sha256=sha256,
        records=found.records,
        changed=found.changed,
        outdated=0,
        defects=found.defect_count,
        defect_list=[
            {"place": one.place[:200], "reason": one.reason[:300]} for one in found.defects
        ],
        data_date=found.data_date or at,
        at=at,
    )
    if found.cves:
        settling.rerate(rating.again(found.cves), at=at)
    audit.record(
        by=by,
        act=Act.FEED_IMPORT,
        ref=run.ref,
        at=at,
        file=file,
        sha256=sha256,
        records=run.records,
        changed=run.changed,
    )
    return Outcome(run, 0, 0, 0)


def _kev(path: Path, may_shrink: bool, on_progress: Progress) -> _Read:
    catalog = kev.read(path)
    found = _Read(len(catalog.entries), data_date=catalog.data_date)
    for defect in catalog.defects:
        found.defect(defect)
    _refuse("kev", found.records, path, may_shrink)
    old = ExploitedCve.objects.in_bulk()
    rows = {
        one.cve: ExploitedCve(
            cve=one.cve,
            added_on=one.added_on,
            due_on=one.due_on,
            is_ransomware=one.is_ransomware,
        )
        for one in catalog.entries
    }
    fields = ["added_on", "due_on", "is_ransomware"]
    changed = [row for cve, row in rows.items() if _differs(row, old.get(cve), fields)]
    gone = set(old) - set(rows)
    ExploitedCve.objects.filter(pk__in=gone).delete()
    ExploitedCve.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["cve"], update_fields=fields
    )
    on_progress(found.records)
    found.changed = len(changed)
    found.cves = {row.cve for row in changed} | gone
    return found


def _epss(path: Path, may_shrink: bool, on_progress: Progress) -> _Read:
    day = epss.read(path)
    found = _Read(len(day.scores), data_date=day.data_date)
    for defect in day.defects:
        found.defect(defect)
    _refuse("epss", found.records, path, may_shrink)
    cves = list(day.scores)
    with connection.cursor() as cursor:
        for start in range(0, len(cves), BATCH):
            part = cves[start : start + BATCH]
            pairs = [day.scores[cve] for cve in part]
            cursor.execute(
                _SWAP_EPSS, [part, [score for score, _ in pairs], [place for _, place in pairs]]
            )
            found.changed += max(cursor.rowcount, 0)
            on_progress(len(part))
        cursor.execute(_DROP_EPSS, [cves])
        cursor.execute(_SCORE_SETS)
        cursor.execute(_SCORE_FINDINGS)
    return found


def _vulnrichment(path: Path, may_shrink: bool, on_progress: Progress) -> _Read:
    found = _Read()
    rows: dict[str, SsvcAssessment] = {}
    for one in vulnrichment.read(path, on_defect=found.defect):
        instant = one.updated_at
        if instant is not None:
            instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
            found.data_date = max(found.data_date or instant, instant)
        rows[one.cve] = SsvcAssessment(
            cve=one.cve,
            exploitation=one.exploitation or "",
            is_automatable=one.is_automatable,
            is_total=one.is_total,
            assessed_on=one.assessed_on,
            vectors=list(one.vectors),
        )
    found.records = len(rows)
    _refuse("vulnrichment", found.records, path, may_shrink)
    fields = ["exploitation", "is_automatable", "is_total", "assessed_on", "vectors"]
    cves = list(rows)
    for start in range(0, len(cves), BATCH):
        part = cves[start : start + BATCH]
        old = SsvcAssessment.objects.in_bulk(part)
        changed = [rows[cve] for cve in part if _differs(rows[cve], old.get(cve), fields)]
        SsvcAssessment.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["cve"], update_fields=fields
        )
        found.changed += len(changed)
        found.cves.update(row.cve for row in changed)
        on_progress(len(part))
    return found


def _differs(new: object, old: object, fields: Collection[str]) -> bool:
    return old is None or any(getattr(new, name) != getattr(old, name) for name in fields)


def _refuse(source: str, records: int, path: Path, may_shrink: bool) -> None:
    if not records:
        raise BadFeed(f"{path.name}: holds no usable record")
    if not may_shrink:
        feeding.refuse_shrunken(source, records, path.name[:200])


_TAKERS: dict[str, Callable[[Path, bool, Progress], _Read]] = {
    "kev": _kev,
    "epss": _epss,
    "vulnrichment": _vulnrichment,
}
SOURCES = tuple(_TAKERS)
