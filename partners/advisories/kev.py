"""CISA's catalog of known exploited vulnerabilities, JSON.

Source: https://www.cisa.gov/known-exploited-vulnerabilities-catalog and its JSON schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from partners.advisories.files import BadFeed, FeedDefect, read_whole

_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}", re.ASCII)


class _Entry(msgspec.Struct, rename="camel"):
    cve: str = msgspec.field(name="cveID")
    date_added: date
    due_date: date | None = None
    known_ransomware_campaign_use: str = ""


class _Catalog(msgspec.Struct, rename="camel"):
    catalog_version: str
    date_released: datetime
    count: int
    vulnerabilities: list[msgspec.Raw]


@dataclass(frozen=True, slots=True)
class Entry:
    """One exploited CVE."""

    cve: str
    added_on: date
    due_on: date | None
    is_ransomware: bool


@dataclass(frozen=True, slots=True)
class Catalog:
    """The catalog as released at ``data_date``."""

    data_date: datetime
    entries: tuple[Entry, ...]
    defects: tuple[FeedDefect, ...]


def read(path: Path) -> Catalog:
    """Read the catalog; an entry that breaks the schema is a defect and costs no other.

    Raises:
        BadFeed: no such catalog, or it holds another number of entries than it says.
    """
    try:
        catalog = msgspec.json.decode(read_whole(path), type=_Catalog)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadFeed(f"{path.name}: is no KEV catalog ({str(error)[:120]})") from None
    if catalog.count != len(catalog.vulnerabilities):
        raise BadFeed(
            f"{path.name}: says {catalog.count} entries and holds {len(catalog.vulnerabilities)}"
        )
    defects: list[FeedDefect] = []
    entries = {one.cve: one for one in _entries(catalog.vulnerabilities, defects)}
    released = catalog.date_released
    return Catalog(
        released if released.tzinfo else released.replace(tzinfo=UTC),
        tuple(entries.values()),
        tuple(defects),
    )


def _entries(raw: list[msgspec.Raw], defects: list[FeedDefect]) -> Iterator[Entry]:
    for place, one in enumerate(raw):
        try:
            entry = msgspec.json.decode(one, type=_Entry)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            defects.append(FeedDefect(f"/vulnerabilities/{place}", str(error)[:300]))
            continue
        if not _CVE.fullmatch(entry.cve):
            defects.append(FeedDefect(f"/vulnerabilities/{place}", "cveID is no CVE id"))
            continue
        known = entry.known_ransomware_campaign_use.strip().lower() == "known"
        yield Entry(entry.cve, entry.date_added, entry.due_date, known)
