"""EPSS scores as FIRST publishes them: CSV, plain or gzip, with a comment line of its date.

Source: https://www.first.org/epss/data_stats, ``#model_version:…,score_date:…`` then
``cve,epss,percentile``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from partners.advisories.files import BadFeed, FeedDefect, read_whole

_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}", re.ASCII)
_DATE = re.compile(r"score_date:\s*([0-9T:+.Z-]+)")
_HEADER = ["cve", "epss", "percentile"]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one day: CVE to (probability, percentile)."""

    data_date: datetime
    scores: dict[str, tuple[float, float]]
    defects: tuple[FeedDefect, ...]


def read(path: Path) -> Scores:
    """Read a day's scores; a bad line is a defect and costs no other.

    Raises:
        BadFeed: no such file, or one without a date.
    """
    try:
        lines = read_whole(path).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise BadFeed(f"{path.name}: is not UTF-8") from None
    comment = lines[0] if lines[0].startswith("#") else ""
    dated = _DATE.search(comment)
    rest = lines[1:] if comment else lines
    if not rest or [one.strip().lower() for one in rest[0].split(",")] != _HEADER:
        raise BadFeed(f"{path.name}: has no header cve,epss,percentile")
    if dated is None:
        raise BadFeed(f"{path.name}: does not say of which day its scores are (score_date)")
    try:
        data_date = datetime.fromisoformat(dated[1])
    except ValueError:
        raise BadFeed(f"{path.name}: its score_date cannot be read") from None
    defects: list[FeedDefect] = []
    scores = dict(_rows(rest[1:], 3 if comment else 2, defects))
    data_date = data_date if data_date.tzinfo else data_date.replace(tzinfo=UTC)
    return Scores(data_date, scores, tuple(defects))


def _rows(
    lines: list[str], first: int, defects: list[FeedDefect]
) -> Iterator[tuple[str, tuple[float, float]]]:
    for number, row in enumerate(csv.reader(lines), start=first):
        try:
            cve, score, percentile = row[0].strip(), float(row[1]), float(row[2])
        except (IndexError, ValueError):
            defects.append(FeedDefect(f"line {number}", "is not CVE, score, percentile"))
            continue
        if not _CVE.fullmatch(cve) or not (0 <= score <= 1 and 0 <= percentile <= 1):
            defects.append(FeedDefect(f"line {number}", "no CVE id, or a number beyond 0 to 1"))
            continue
        yield cve, (score, percentile)
