"""Above a thousand components we write by hand what cyclonedx-python-lib writes below."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partners.domain.components import parse_purl
from partners.sbom import reader, writer
from partners.sbom.writer import Part, to_cyclonedx
from tests.shared import shared

SERIAL = UUID("3e671687-395b-41f5-a30f-a58921a69b79")
LICENSES = ["MIT", "Apache-2.0", "MIT OR Apache-2.0", "Our own terms", "GPL-2.0-or-later"]
HASHES = ["SHA-256:" + "0" * 64, "MD5:" + "a" * 32, "SHA-1:" + "b" * 40, "UNKNOWN:12"]
PURLS = [
    "pkg:pypi/requests@2.28.2",
    "pkg:maven/org.apache/log4j-core@2.14.1?type=jar",
    "pkg:npm/%40scope/name@1.0.0-rc.1",
    "pkg:golang/golang.org/x/net@v0.17.0#http2",
    "pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12",
    "pkg:generic/no-version",
]
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)


def written(parts: list[Part], largest: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return a document of ``parts``, by hand if there are more of them than ``largest``."""
    with monkeypatch.context() as patch:
        patch.setattr(writer, "_LARGEST_BY_LIBRARY", largest)
        body = to_cyclonedx(
            parts, subject="Gateway", subject_version="7", serial=SERIAL,
            at=datetime(2026, 11, 27, tzinfo=UTC),
        )  # fmt: skip
    return _ordered(json.loads(body))


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    """Return ``document`` with all lists whose order means nothing in one order."""

    def sort(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: sort(member) for name, member in value.items()}
        if isinstance(value, list):
            return sorted(map(sort, value), key=lambda one: json.dumps(one, sort_keys=True))
        return value

    found: dict[str, Any] = sort(document)
    return found


def same(parts: list[Part], monkeypatch: pytest.MonkeyPatch) -> None:
    by_library = written(parts, len(parts), monkeypatch)
    by_hand = written(parts, -1, monkeypatch)
    assert by_hand == by_library


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.builds(
            lambda purl, **over: Part(parse_purl(purl), purl=purl, **over),
            st.sampled_from(PURLS),
            kind=st.sampled_from(["library", "application", "firmware", "", "none such"]),
            licenses=st.lists(st.sampled_from(LICENSES), max_size=3),
            hashes=st.lists(st.sampled_from(HASHES), max_size=3),
            supplier=TEXTS,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_both_writers_say_the_same(parts: list[Part]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        same(parts, patch)


def test_both_say_the_same_of_real_components(monkeypatch: pytest.MonkeyPatch) -> None:
    document = reader.read_file(shared("sbom/union-real-components.cdx.json"))
    parts = [
        Part(
            one.identity,
            purl="" if one.quarantine else one.purl,
            kind=one.kind,
            licenses=one.licenses,
            hashes=one.hashes,
            supplier=one.supplier,
        )
        for one in document.components[::64]
    ]
    assert len(parts) == 101
    same(parts, monkeypatch)
