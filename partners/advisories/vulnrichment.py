"""CISA Vulnrichment: SSVC decision points and base vectors in the ADP container of CVE records.

Source: CVE JSON record format 5.x, ``containers.adp[]`` with the short name ``CISA-ADP``;
https://github.com/cisagov/vulnrichment. The data mix spellings (``No``, ``no``, ``PoC``): words
are folded, and a word that is none of the known is a defect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from partners.advisories import osv
from partners.advisories.files import BadFeed, FeedDefect
from partners.domain.exploitation import Exploitation

_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}", re.ASCII)
_YES_NO: Mapping[str, bool] = {"yes": True, "no": False}
_IMPACT: Mapping[str, bool] = {"total": True, "partial": False}
_EXPLOITATION: Mapping[str, Exploitation] = {one.value: one for one in Exploitation}
_METRICS = ("cvssV4_0", "cvssV3_1", "cvssV3_0")
T = TypeVar("T")
OnDefect = Callable[[FeedDefect], None]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What CISA says of one CVE."""

    cve: str
    updated_at: datetime | None
    exploitation: Exploitation | None
    is_automatable: bool | None
    is_total: bool | None
    assessed_on: date | None
    vectors: tuple[str, ...]


class _Provider(msgspec.Struct, rename="camel"):
    short_name: str = ""
    date_updated: datetime | None = None


class _Adp(msgspec.Struct, rename="camel"):
    provider_metadata: _Provider | None = None
    metrics: list[dict[str, Any]] | None = None


class _Containers(msgspec.Struct, rename="camel"):
    adp: list[_Adp] | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    cve_id: str


class _Record(msgspec.Struct, rename="camel"):
    cve_metadata: _Metadata
    containers: _Containers


_record = msgspec.json.Decoder(_Record)


def read(path: Path, *, on_defect: OnDefect) -> Iterator[Assessment]:
    """Yield the assessments in the zip archive, folder or JSON file at ``path``.

    Records without CISA's container are passed over; those that cannot be read are defects.

    Raises:
        BadFeed: missing, unreadable, empty, or neither zip nor JSON.
    """
    try:
        for place, body in osv.bodies(path, on_defect):
            try:
                record = _record.decode(bytes(body))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                on_defect(FeedDefect(place, str(error)[:300]))
                continue
            if not _CVE.fullmatch(record.cve_metadata.cve_id):
                on_defect(FeedDefect(place, "cveId is no CVE id"))
                continue
            yield from _assessments(record, place, on_defect)
    except OSError as error:
        raise BadFeed(f"{path.name}: {error.strerror or 'cannot be read'}") from None


def _assessments(record: _Record, place: str, on_defect: OnDefect) -> Iterator[Assessment]:
    for adp in record.containers.adp or ():
        provider = adp.provider_metadata or _Provider()
        if provider.short_name != "CISA-ADP":
            continue
        points: dict[str, str] = {}
        day: date | None = None
        vectors: list[str] = []
        for metric in adp.metrics or ():
            vectors += _vectors(metric)
            content = _ssvc(metric)
            if content:
                points |= _points(content)
                day = _day(content) or day
        yield Assessment(
            cve=record.cve_metadata.cve_id,
            updated_at=provider.date_updated,
            exploitation=_folded(points, "exploitation", _EXPLOITATION, place, on_defect),
            is_automatable=_folded(points, "automatable", _YES_NO, place, on_defect),
            is_total=_folded(points, "technical impact", _IMPACT, place, on_defect),
            assessed_on=day,
            vectors=tuple(dict.fromkeys(vectors)),
        )


def _vectors(metric: dict[str, Any]) -> Iterator[str]:
    for name in _METRICS:
        block = metric.get(name)
        if isinstance(block, dict) and isinstance(block.get("vectorString"), str):
            yield block["vectorString"]


def _ssvc(metric: dict[str, Any]) -> dict[str, Any]:
    other = metric.get("other")
    if not isinstance(other, dict) or other.get("type") != "ssvc":
        return {}
    content = other.get("content")
    return content if isinstance(content, dict) else {}


def _points(content: dict[str, Any]) -> dict[str, str]:
    """Return the decision points, folded: ``options`` is a list of one-entry objects."""
    options = content.get("options")
    found: dict[str, str] = {}
    for option in options if isinstance(options, list) else []:
        if isinstance(option, dict):
            for name, word in option.items():
                found[str(name).strip().lower()] = str(word).strip().lower()
    return found


def _day(content: dict[str, Any]) -> date | None:
    try:
        return datetime.fromisoformat(str(content.get("timestamp", ""))).date()
    except ValueError:
        return None


def _folded(
    points: Mapping[str, str],
    name: str,
    known: Mapping[str, T],
    place: str,
    on_defect: OnDefect,
) -> T | None:
    word = points.get(name)
    if word is None:
        return None
    if word not in known:
        on_defect(FeedDefect(place, f"{name} is {word[:40]!r}, which is none of the known words"))
        return None
    return known[word]
