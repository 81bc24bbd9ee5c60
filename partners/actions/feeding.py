"""Taking a vulnerability feed: what changed, whom it concerns, and nothing else."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import msgspec
from django.db import connection, transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from partners.actions import claims, grouping, matching, settling
from partners.advisories import osv
from partners.advisories.files import BadFeed, FeedDefect
from partners.advisories.versions import SEMVER, order_of
from partners.domain import advisories
from partners.domain.components import fold_name
from partners.domain.matching import Prepared
from partners.errors import ShrunkenFeed, UnreadableFeed
from partners.models import Advisory, AffectedPackage, FeedRun, Finding
from partners.permissions import Act

BATCH = 1_000
MAX_LISTED = 50
MAX_NAME = 120
MAX_PACKAGE = 512
MAY_SHRINK_TO = 0.8

Progress = Callable[[int], None]
Package = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one import changed; ``run`` holds the counts of the file itself."""

    run: FeedRun
    rematched: int
    opened: int
    closed: int


@dataclass(slots=True)
class _Taking:
    """What is known of the import under way."""

    source: str
    at: datetime
    records: int = 0
    changed: int = 0
    outdated: int = 0
    newest: datetime | None = None
    defect_count: int = 0
    defects: list[dict[str, str]] = field(default_factory=list)
    packages: set[Package] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    touched: list[int] = field(default_factory=list)

    def defect(self, found: FeedDefect) -> None:
        self.defect_count += 1
        if len(self.defects) < MAX_LISTED:
            self.defects.append({"place": found.place[:200], "reason": found.reason[:300]})

    def run(self, file: str, sha256: str) -> FeedRun:
        return FeedRun(
            source=self.source,
            file=file,
            sha256=sha256,
            records=self.records,
            changed=self.changed,
            outdated=self.outdated,
            defects=self.defect_count,
            defect_list=self.defects,
            data_date=self.newest or self.at,
            at=self.at,
        )


@transaction.atomic
def take(
    path: Path,
    *,
    source: str = "osv",
    may_shrink: bool = False,
    on_progress: Progress = lambda count: None,
    by: Actor,
    at: datetime,
) -> Outcome:
    """Import the OSV records at ``path``: zip archive, folder or JSON file.

    Records that we have in this or a newer state stay as they are. Findings open, change
    and end with what the changed records say, in the same transaction.

    Raises:
        NotAllowed: ``by`` may not import feeds.
        UnreadableFeed: no feed; nothing was taken.
        ShrunkenFeed: a fifth of the records of the last file of this name is gone.
    """
    file = path.name[:200]
    require(by, Act.FEED_IMPORT, FeedRun(source=source, file=file), at=at)
    one_at_a_time(source)
    taking = _Taking(source, at)
    try:
        sha256 = sha256_of(path)
        for batch in _batches(osv.read(path, on_defect=taking.defect)):
            _keep(taking, batch)
            on_progress(len(batch))
    except BadFeed as error:
        raise UnreadableFeed(str(error)) from None
    except OSError as error:
        raise UnreadableFeed(f"{file}: {error.strerror or 'cannot be read'}") from None
    if not taking.records:
        raise UnreadableFeed(f"{file}: holds no usable OSV record")
    if not may_shrink:
        refuse_shrunken(source, taking.records, file)
    run = taking.run(file, sha256)
    run.save()
    outcome = _follow(taking, run, at=at)
    facts = {"file": file, "sha256": sha256, "records": run.records, "changed": run.changed}
    counts = {"opened": outcome.opened, "closed": outcome.closed}
    audit.record(by=by, act=Act.FEED_IMPORT, ref=run.ref, at=at, **facts, **counts)
    return outcome


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents below a folder.

    Raises:
        OSError: it cannot be read.
    """
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    total = hashlib.sha256()
    for one in sorted(path.rglob("*.json")):
        total.update(str(one.relative_to(path)).encode() + b"\0")
        with one.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def one_at_a_time(source: str) -> None:
    """Let imports of one source follow each other; uploads are not held up by this."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"partners.feed:{source}"]
        )


def _batches(records: Iterator[advisories.Advisory]) -> Iterator[list[advisories.Advisory]]:
    while batch := list(islice(records, BATCH)):
        yield batch


def _digest(record: advisories.Advisory) -> str:
    return hashlib.sha256(msgspec.msgpack.encode(record)).hexdigest()


def _keep(taking: _Taking, batch: list[advisories.Advisory]) -> None:
    """Write those records of ``batch`` that are new or changed."""
    sound = {record.id: record for record in batch if _is_usable(taking, record)}
    taking.records += len(sound)
    known = {
        row["name"]: row
        for row in Advisory.objects.filter(source=taking.source, name__in=sound).values(
            "name", "pk", "digest", "modified_at", "aliases"
        )
    }
    fresh: dict[str, Advisory] = {}
    for record in sound.values():
        taking.newest = max(taking.newest or record.modified_at, record.modified_at)
        old = known.get(record.id)
        digest = _digest(record)
        if old is not None and old["digest"] == digest:
            continue
        if old is not None and old["modified_at"] > record.modified_at:
            taking.outdated += 1
            continue
        fresh[record.id] = _row(taking, record, digest)
        taking.names.update(
            (record.id, *fresh[record.id].aliases), *([old["aliases"]] if old else [])
        )
    taking.changed += len(fresh)
    if fresh:
        _replace(taking, fresh, sound, [known[name]["pk"] for name in fresh if name in known])


def _is_usable(taking: _Taking, record: advisories.Advisory) -> bool:
    if len(record.id) > MAX_NAME:
        taking.defect(FeedDefect(record.id[:80], f"id is longer than {MAX_NAME} characters"))
        return False
    return True


def _row(taking: _Taking, record: advisories.Advisory, digest: str) -> Advisory:
    usable = [one for one in record.aliases if one.strip() and len(one) <= MAX_NAME]
    if len(usable) < len(record.aliases):
        taking.defect(FeedDefect(record.id, "an alias is empty or too long, and left out"))
    return Advisory(
        source=taking.source,
        name=record.id,
        digest=digest,
        modified_at=record.modified_at,
        published_at=record.published_at,
        withdrawn_at=record.withdrawn_at,
        imported_at=taking.at,
        summary=record.summary,
        aliases=usable,
        vectors=[[vector.kind, vector.text] for vector in record.severity],
        severity_word=(record.severity_word or "")[:40],
    )


def _replace(
    taking: _Taking,
    fresh: dict[str, Advisory],
    records: dict[str, advisories.Advisory],
    replaced: list[int],
) -> None:
    """Write advisories and their packages; remember every package named before or now."""
    old = AffectedPackage.objects.filter(advisory__in=replaced)
    taking.packages.update(old.values_list("ecosystem", "package"))
    old.delete()
    Advisory.objects.bulk_create(
        fresh.values(),
        update_conflicts=True,
        unique_fields=["source", "name"],
        update_fields=[
            "digest",
            "modified_at",
            "published_at",
            "withdrawn_at",
            "imported_at",
            "summary",
            "aliases",
            "vectors",
            "severity_word",
        ],
    )
    keys = dict(
        Advisory.objects.filter(source=taking.source, name__in=fresh).values_list("name", "pk")
    )
    taking.touched += keys.values()
    rows = [row for name, pk in keys.items() for row in _packages(taking, records[name], pk)]
    taking.packages.update((row.ecosystem, row.package) for row in rows)
    AffectedPackage.objects.bulk_create(rows)


def _packages(
    taking: _Taking, record: advisories.Advisory, advisory_id: int
) -> Iterator[AffectedPackage]:
    for affected in record.affected:
        ecosystem = affected.ecosystem.partition(":")[0]
        package = fold_name(ecosystem, affected.name)
        if not package or len(package) > MAX_PACKAGE or len(ecosystem) > 40:
            taking.defect(FeedDefect(record.id, "a package name is empty or too long"))
            continue
        prepared = Prepared(affected, order=order_of(ecosystem), semver=SEMVER)
        for defect in prepared.defects:
            taking.defect(FeedDefect(record.id, f"range {defect.range_index}: {defect.reason}"))
        yield AffectedPackage(
            advisory_id=advisory_id,
            ecosystem=ecosystem,
            package=package,
            versions=list(affected.versions),
            ranges=matching.to_json(affected),
        )


def refuse_shrunken(source: str, records: int, file: str) -> None:
    """Refuse a file that holds a fifth less than the last of its name.

    Raises:
        ShrunkenFeed: it does.
    """
    last = FeedRun.objects.filter(source=source, file=file).first()
    if last is None or records >= last.records * MAY_SHRINK_TO:
        return
    lost = round(100 * (1 - records / last.records))
    raise ShrunkenFeed(
        f"{file}: {records} records, {lost}% fewer than on {last.at:%b %d, %Y}. "
        "Nothing was taken. If that is right, import it with --shrunken."
    )


def _follow(taking: _Taking, run: FeedRun, *, at: datetime) -> Outcome:
    """Regroup, rate and match again what the changed records touch; settle the findings."""
    if not taking.touched:
        return Outcome(run, 0, 0, 0)
    change = grouping.regroup(taking.touched, taking.names)
    taking.packages |= change.packages
    matching.hold_uploads()
    settling.merge(change.merged, at=at)
    answered = claims.resolve()
    components = matching.again(taking.packages, at=at)
    settled = settling.settle(components=components, at=at)
    settling.inherit(change.split, at=at)
    settling.rerate(change.rated, at=at)
    if answered:
        touched = Finding.objects.filter(product_id__in=answered)
        claims.follow(touched.values_list("pk", flat=True), at=at)
    return Outcome(run, len(components), settled.opened, settled.closed)
