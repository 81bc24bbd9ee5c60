"""How bad a vulnerability is: its records' own ratings, then CISA's, and what attacks add.

A step of taking a feed, in its transaction and under its permission.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from partners.domain.exploitation import usable_kev_day
from partners.domain.severity import Band, Rating, Vector, rate
from partners.models import (
    Advisory,
    EpssScore,
    ExploitedCve,
    SsvcAssessment,
    Vulnerability,
    VulnerabilityName,
)

BATCH = 5_000
FIELDS = [
    "name",
    "summary",
    "band",
    "score",
    "rating_source",
    "published_at",
    "is_live",
    "exploited_on",
    "exploited_due_on",
    "epss",
    "exploitation",
    "is_automatable",
    "is_total",
    "assessed_on",
]


@dataclass(frozen=True, slots=True)
class Attacks:
    """What the publishers say of attacks, by CVE."""

    exploited: dict[str, ExploitedCve]
    assessed: dict[str, SsvcAssessment]
    scores: dict[str, float]


def attacks(names: Iterable[str]) -> Attacks:
    """Return what is known of those of ``names`` that are CVEs."""
    found = Attacks({}, {}, {})
    cves = [name for name in names if name.startswith("CVE-")]
    for start in range(0, len(cves), BATCH):
        part = cves[start : start + BATCH]
        found.exploited.update(ExploitedCve.objects.in_bulk(part))
        found.assessed.update(SsvcAssessment.objects.in_bulk(part))
        found.scores.update(EpssScore.objects.filter(cve__in=part).values_list("cve", "score"))
    return found


def describe(
    row: Vulnerability,
    head: str,
    members: Sequence[str],
    records: Sequence[Advisory],
    known: Attacks,
) -> bool:
    """Set what follows from records and attacks on ``row``; say whether it is rated anew.

    A set of several CVEs takes the stricter of each fact.
    """
    before = (row.band, row.score, row.exploited_on, row.exploited_due_on)
    live = [record for record in records if record.withdrawn_at is None]
    row.name = head
    row.is_live = bool(live)
    row.summary = next((record.summary for record in live or records if record.summary), "")
    row.published_at = min(
        (record.published_at for record in live or records if record.published_at), default=None
    )
    _attacked(row, members, known)
    rating, source = _rating(row, members, live or records, known)
    row.band, row.score = rating.band, rating.score
    row.rating_source = f"{source}: {rating.source}"[:300] if source else ""
    return before != (row.band, row.score, row.exploited_on, row.exploited_due_on)


def again(cves: Collection[str]) -> set[int]:
    """Describe anew the vulnerabilities that ``cves`` lead to; return those rated anew."""
    listed = sorted(cves)
    rated: set[int] = set()
    for start in range(0, len(listed), BATCH):
        part = listed[start : start + BATCH]
        names = VulnerabilityName.objects.filter(name__in=part)
        rated |= _again(set(names.values_list("vulnerability_id", flat=True)))
    return rated


def _again(keys: set[int]) -> set[int]:
    rows = Vulnerability.objects.in_bulk(keys)
    members: dict[int, list[str]] = {}
    for key, name in VulnerabilityName.objects.filter(vulnerability__in=keys).values_list(
        "vulnerability_id", "name"
    ):
        members.setdefault(key, []).append(name)
    records: dict[int, list[Advisory]] = {}
    for record in Advisory.objects.filter(vulnerability__in=keys).order_by("name"):
        records.setdefault(record.vulnerability_id or 0, []).append(record)
    known = attacks(name for names in members.values() for name in names)
    rated = {
        key
        for key, row in rows.items()
        if key in records and describe(row, row.name, members[key], records[key], known)
    }
    Vulnerability.objects.bulk_update(rows.values(), FIELDS, 1_000)
    return rated


def _attacked(row: Vulnerability, members: Sequence[str], known: Attacks) -> None:
    listed = [known.exploited[name] for name in members if name in known.exploited]
    days = [day for day in (usable_kev_day(one.as_fact()) for one in listed) if day]
    row.exploited_on = min((one.added_on for one in listed), default=None)
    row.exploited_due_on = min(days, default=None)
    row.epss = max((known.scores[name] for name in members if name in known.scores), default=None)
    assessed = [known.assessed[name] for name in members if name in known.assessed]
    worst = (
        max(
            assessed,
            key=lambda one: (one.exploitation == "active", one.is_automatable, one.is_total),
            default=None,
        )
        if len(assessed) > 1
        else next(iter(assessed), None)
    )
    row.exploitation = worst.exploitation if worst else ""
    row.is_automatable = worst.is_automatable if worst else None
    row.is_total = worst.is_total if worst else None
    row.assessed_on = worst.assessed_on if worst else None


def _rating(
    row: Vulnerability, members: Sequence[str], records: Iterable[Advisory], known: Attacks
) -> tuple[Rating, str]:
    """Return the highest rating of live records, else CISA's; attacks make it critical."""
    best, source = Rating(Band.UNRATED, None, ""), ""
    for record in records:
        rating = rate(
            (Vector(kind, text) for kind, text in record.vectors), word=record.severity_word
        )
        if (rating.band.rank, rating.score or 0) > (best.band.rank, best.score or 0):
            best, source = rating, record.name
    if best.band is Band.UNRATED:
        for name in members:
            assessed = known.assessed.get(name)
            vectors = assessed.vectors if assessed else []
            rating = rate(Vector("CVSS", text) for text in vectors)
            if rating.band.rank > best.band.rank:
                best, source = rating, f"CISA Vulnrichment, {name}"
    if best.band is not Band.CRITICAL and (row.exploited_on or row.ssvc.is_urgent):
        why = "listed as exploited" if row.exploited_on else "attacked, automatable, total impact"
        return Rating(Band.CRITICAL, best.score, why), "CISA KEV" if row.exploited_on else "SSVC"
    return best, source
