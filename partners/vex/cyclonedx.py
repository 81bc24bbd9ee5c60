"""CycloneDX VEX (JSON): the vulnerabilities of a document with their analysis, in and out.

Source: CycloneDX 1.4 to 1.7, ``vulnerabilities[].analysis`` and ``affects``; BOM-Link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from partners.domain.answers import (
    CYCLONEDX_JUSTIFICATIONS,
    CYCLONEDX_STATES,
    Document,
    Justification,
    Statement,
    Status,
)
from partners.domain.sboms import Code
from partners.vex.shape import BadVex, Unusable, instant, items, text, words

FORMAT = "cyclonedx-json"
VERSIONS = ("1.4", "1.5", "1.6", "1.7")
_STATE_OF = {
    Status.NOT_AFFECTED: "not_affected",
    Status.AFFECTED: "exploitable",
    Status.FIXED: "resolved",
    Status.UNDER_INVESTIGATION: "in_triage",
}
_TOKEN_OF = {
    Justification.COMPONENT_NOT_PRESENT: "code_not_present",
    Justification.CODE_NOT_PRESENT: "code_not_present",
    Justification.CODE_NOT_IN_EXECUTE_PATH: "code_not_reachable",
    Justification.CODE_NOT_CONTROLLED: "requires_environment",
    Justification.MITIGATED_INLINE: "protected_by_mitigating_control",
}


def read(root: dict[str, Any]) -> Document:
    """Read the vulnerabilities of a CycloneDX document.

    Raises:
        BadVex: a version without analysis, or a frame that breaks the format.
    """
    if text(root, "specVersion") not in VERSIONS:
        raise BadVex(
            "VEX is read in CycloneDX 1.4 to 1.7.", "/specVersion", code=Code.UNSUPPORTED_VERSION
        )
    metadata = root.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    stated_at = instant(metadata, "timestamp")
    subjects = dict(_components(root, ""))
    whole = metadata.get("component")
    if isinstance(whole, dict) and text(whole, "bom-ref"):
        subjects[text(whole, "bom-ref")] = ""
    statements: list[Statement] = []
    skipped: list[tuple[str, str]] = []
    for pointer, one in items(root, "vulnerabilities", ""):
        try:
            statements += _statements(one, pointer, stated_at, subjects)
        except Unusable as error:
            skipped.append((pointer, str(error)))
    version = str(root.get("version", ""))
    author = _author(metadata)
    return Document(FORMAT, author, version, stated_at, tuple(statements), tuple(skipped))


def _author(metadata: dict[str, Any]) -> str:
    for _, author in items(metadata, "authors", "/metadata"):
        return text(author, "name")
    supplier = metadata.get("supplier")
    return text(supplier, "name") if isinstance(supplier, dict) else ""


def _components(root: dict[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    """Yield reference and package URL of all components, nested ones included."""
    waiting = list(items(root, "components", pointer))
    while waiting:
        where, one = waiting.pop()
        if text(one, "bom-ref"):
            yield text(one, "bom-ref"), text(one, "purl") or text(one, "bom-ref")
        waiting += items(one, "components", where)


def _statements(
    one: dict[str, Any],
    pointer: str,
    stated_at: datetime | None,
    subjects: Mapping[str, str],
) -> Iterator[Statement]:
    analysis = one.get("analysis")
    if not isinstance(analysis, dict):
        raise Unusable("it has no analysis")
    state, reason = text(analysis, "state"), text(analysis, "justification")
    status = CYCLONEDX_STATES.get(state)
    if status is None:
        raise Unusable("the state of the analysis is unknown")
    if reason and reason not in CYCLONEDX_JUSTIFICATIONS:
        raise Unusable("the justification is unknown")
    names = (text(one, "id"), *(text(ref, "id") for _, ref in items(one, "references", pointer)))
    names = tuple(dict.fromkeys(name for name in names if name))
    if not names:
        raise Unusable("no vulnerability is named")
    detail = text(analysis, "detail")
    if status is Status.NOT_AFFECTED and not (reason or detail):
        raise Unusable("not affected needs a justification or a detail")
    for ref in [text(affected, "ref") for _, affected in items(one, "affects", pointer)] or [""]:
        yield Statement(
            names=names,
            status=status,
            subject=_subject(ref, subjects),
            justification=CYCLONEDX_JUSTIFICATIONS.get(reason),
            token=f"{state}/{reason}".rstrip("/"),
            detail=detail,
            action=", ".join(words(analysis, "response")) or text(one, "workaround"),
            stated_at=instant(analysis, "lastUpdated", "firstIssued") or stated_at,
            place=pointer,
        )


def _subject(ref: str, subjects: Mapping[str, str]) -> str:
    """Return the package URL behind a reference, or behind a BOM-Link into another document."""
    if ref in subjects:
        return subjects[ref]
    if ref.startswith("urn:cdx:"):
        link, _, element = ref.partition("#")
        serial = link.removeprefix("urn:cdx:").partition("/")[0]
        return unquote(element) if element else f"urn:uuid:{serial}"
    return ref


def write(
    answers: Iterable[Mapping[str, Any]], *, key: str, author: str, at: datetime
) -> dict[str, Any]:
    """Return answers as a CycloneDX 1.6 VEX document; ``key`` is its serial number.

    The author's own words for state and justification are kept where they were CycloneDX's.
    """
    listed = list(answers)
    purls = sorted({one["purl"] for one in listed if one["purl"]})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": key,
        "version": 1,
        "metadata": {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "authors": [{"name": author}]},
        "components": [
            {"type": "library", "bom-ref": purl, "name": _name(purl), "purl": purl}
            for purl in purls
        ],
        "vulnerabilities": [_written(one) for one in listed],
    }


def _written(one: Mapping[str, Any]) -> dict[str, Any]:
    state, _, reason = str(one["token"]).partition("/")
    if CYCLONEDX_STATES.get(state) != one["status"]:
        state, reason = _STATE_OF[Status(one["status"])], ""
    if not reason and one["justification"]:
        reason = _TOKEN_OF[Justification(one["justification"])]
    analysis = {
        "state": state,
        "justification": reason,
        "detail": one["detail"],
        "lastUpdated": f"{one['stated_at']:%Y-%m-%dT%H:%M:%SZ}",
    }
    found: dict[str, Any] = {
        "id": one["name"],
        "analysis": {name: value for name, value in analysis.items() if value},
    }
    if one["action"]:
        found["workaround"] = one["action"]
    if one["purl"]:
        found["affects"] = [{"ref": one["purl"]}]
    return found


def _name(purl: str) -> str:
    return unquote(purl.partition("?")[0].rpartition("/")[2].partition("@")[0])
