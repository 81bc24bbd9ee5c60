"""Every real document of the shared data gets the verdict of its manifest."""

import re
from collections import Counter
from pathlib import Path

import pytest
from defusedxml import ElementTree

from partners.domain.sboms import Code, Rejected, SbomDocument
from partners.sbom.reader import read
from tests.builders.sboms import rows
from tests.shared import shared

ROWS = rows()
PLACE = re.compile(r"(/.+|line \d+.*)")


def components_in_xml(path: Path) -> tuple[int, int]:
    """Count elements ``component``: all, and those below ``components`` of the document."""
    root = ElementTree.fromstring(path.read_bytes())
    space = root.tag.rpartition("}")[0] + "}"
    everywhere = sum(1 for _ in root.iter(f"{space}component"))
    own, pending = 0, [root]
    while pending:
        for listed in pending.pop().findall(f"{space}components"):
            for one in listed.findall(f"{space}component"):
                own += 1
                pending.append(one)
    return everywhere, own


def is_right(row: dict[str, str], path: Path, document: SbomDocument) -> bool:
    """The manifest counts every element of XML, also the product and what a component descends
    from; those of the document itself are counted a second way."""
    (told,) = re.findall(r"(\d+) components", row["note"].replace(",", ""))
    if row["format"] != "cyclonedx-xml":
        return int(told) == document.received_count
    everywhere, own = components_in_xml(path)
    return (int(told), own) == (everywhere, document.received_count)


def verdict(path: Path) -> SbomDocument | Rejected:
    try:
        return read(path.read_bytes())
    except Rejected as refused:
        return refused


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_a_real_document_gets_the_verdict_of_the_manifest(row: dict[str, str]) -> None:
    path = shared("sbom") / row["file"]
    found = verdict(path)
    if isinstance(found, Rejected):
        codes = {one.code for one in found.defects}
        if row["format"] == "spdx3-jsonld":
            assert codes == {Code.UNSUPPORTED_FORMAT}
        else:
            assert row["expected"] == "invalid"
            # Of a wrong "bomFormat" some files still name the schema that they are held against.
            odd = "-bomformat-" in row["file"]
            assert codes == {Code.SCHEMA} or (odd and codes == {Code.UNKNOWN_FORMAT})
        assert all(PLACE.fullmatch(one.pointer) and one.detail for one in found.defects)
        return
    assert row["expected"] != "invalid"
    assert row["format"] != "spdx3-jsonld"
    assert is_right(row, path, found)
    told = row["format"].replace("spdx2-", "spdx-").replace("tagvalue", "tag-value")
    assert (found.format, found.spec_version) == (told, row["spec"].removeprefix("SPDX-"))
    assert found.received_count == len(found.components)
    assert found.quarantined_count == sum(bool(one.quarantine) for one in found.components)


def test_the_manifest_is_whole() -> None:
    shared("sbom/MANIFEST.csv")
    counted = Counter((row["format"], row["expected"]) for row in ROWS)
    assert counted == {
        ("cyclonedx-json", "valid"): 171,
        ("cyclonedx-json", "invalid"): 65,
        ("cyclonedx-xml", "valid"): 138,
        ("cyclonedx-xml", "invalid"): 80,
        ("spdx2-json", "no verdict"): 26,
        ("spdx2-tagvalue", "no verdict"): 14,
        ("spdx3-jsonld", "no verdict"): 24,
    }
