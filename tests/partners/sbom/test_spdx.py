"""SPDX 2.2 and 2.3: what is read, what is refused and where."""

import pytest

from partners.domain.sboms import Bounds, Code, Rejected, SbomDocument
from partners.sbom.reader import read
from tests.builders.sboms import package, spdx, tags

PURL = {
    "referenceCategory": "PACKAGE-MANAGER",
    "referenceType": "purl",
    "referenceLocator": "pkg:npm/a@1",
}
FULL = package(
    supplier="Organization: Lindqvist",
    licenseDeclared="NOASSERTION",
    licenseConcluded="MIT",
    checksums=[{"algorithm": "SHA256", "checksumValue": "0" * 64}],
    externalRefs=[PURL],
    primaryPackagePurpose="OPERATING_SYSTEM",
)
FULL_TAGS = tags(
    "# a comment",
    "PackageName: a",
    "SPDXID: SPDXRef-a",
    "PackageVersion: 1",
    "PackageSupplier: Organization: Lindqvist",
    "PackageDownloadLocation: NOASSERTION",
    "PackageLicenseDeclared: NOASSERTION",
    "PackageLicenseConcluded: MIT",
    f"PackageChecksum: SHA256: {'0' * 64}",
    "ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1",
    "PrimaryPackagePurpose: OPERATING_SYSTEM",
    "PackageComment: <text>of two",
    "PackageName: lines</text>",
)


def related(left: str, kind: str, right: str) -> dict[str, str]:
    return {"spdxElementId": left, "relationshipType": kind, "relatedSpdxElement": right}


def refusal(body: bytes, bounds: Bounds | None = None) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(body, bounds=bounds or Bounds())
    return caught.value


def documents() -> list[SbomDocument]:
    return [read(spdx(FULL)), read(FULL_TAGS)]


def test_both_forms_say_the_same() -> None:
    for document in documents():
        (one,) = document.components
        assert (one.name, one.version, one.purl, one.kind) == (
            "a",
            "1",
            "pkg:npm/a@1",
            "operating-system",
        )
        assert (one.licenses, one.hashes, one.supplier) == (
            ("MIT",),
            (f"SHA-256:{'0' * 64}",),
            "Lindqvist",
        )
        assert (document.created, document.tools) == ("2026-01-31T12:00:00Z", ("hand-1",))
        assert document.warnings == ()


def test_relationships_are_dependencies_either_way() -> None:
    document = read(
        spdx(
            package(),
            package("b"),
            package("c"),
            relationships=[
                related("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-a"),
                related("SPDXRef-a", "DEPENDS_ON", "SPDXRef-b"),
                related("SPDXRef-b", "DEPENDENCY_OF", "SPDXRef-a"),
                related("SPDXRef-a", "DEPENDS_ON", "NOASSERTION"),
                related("SPDXRef-a", "DEPENDS_ON", "DocumentRef-x:SPDXRef-y"),
                related("SPDXRef-a", "DEPENDS_ON", "SPDXRef-gone"),
            ],
        )
    )
    assert (document.edges_count, document.related_count) == (3, 2)
    assert [one.code for one in document.warnings] == [Code.DANGLING_DEPENDENCY]
    assert document.subject is not None
    assert document.subject.name == "a"


def test_ids_of_files_and_snippets_are_known() -> None:
    document = read(
        spdx(
            package(),
            files=[{"SPDXID": "SPDXRef-file"}],
            snippets=[{"SPDXID": "SPDXRef-part"}],
            relationships=[
                related("SPDXRef-a", "CONTAINS", "SPDXRef-file"),
                related("SPDXRef-file", "CONTAINS", "SPDXRef-part"),
            ],
        )
    )
    assert document.warnings == ()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (spdx(dataLicense="MIT"), "/dataLicense"),
        (spdx(SPDXID="x"), "/SPDXID"),
        (spdx(documentNamespace=""), "/documentNamespace"),
        (spdx(creationInfo={"created": "today", "creators": ["Tool: x"]}), "/creationInfo/created"),
        (
            spdx(creationInfo={"created": "2026-01-31T12:00:00Z", "creators": ["me"]}),
            "/creationInfo/creators",
        ),
        (spdx(package(SPDXID="a")), "/packages/0/SPDXID"),
        (spdx(package(downloadLocation="")), "/packages/0/downloadLocation"),
        (spdx(package(versionInfo=1)), "/packages/0/versionInfo"),
        (
            spdx(package(checksums=[{"algorithm": "X", "checksumValue": "00"}])),
            "/packages/0/checksums",
        ),
        (spdx(relationships=[related("SPDXRef-a", "KNOWS", "SPDXRef-b")]), "/relationships/0"),
        (spdx(relationships="x"), "/relationships"),
        (spdx(files=[7]), "/files/0/SPDXID"),
        (tags("PackageName: a", "SPDXID: SPDXRef-a"), "line 8"),
        (tags("Relationship: SPDXRef-a KNOWS SPDXRef-b"), "line 8"),
        (tags("FileName: a", "SPDXID: a"), "line 9"),
    ],
)
def test_a_broken_rule_is_told_with_its_place(body: bytes, pointer: str) -> None:
    refused = refusal(body)
    assert [(one.code, one.pointer) for one in refused.defects] == [(Code.SCHEMA, pointer)]


def test_an_odd_reference_is_a_warning() -> None:
    document = read(spdx(package(SPDXID="SPDXRef-a_b")))
    assert [one.code for one in document.warnings] == [Code.BAD_REF]


def test_bounds_hold() -> None:
    many = [related("SPDXRef-a", "DEPENDS_ON", "SPDXRef-b")] * 3
    body = spdx(package(), package("b"), relationships=many)
    assert refusal(body, Bounds(components=1)).defects[0].code is Code.TOO_MANY_COMPONENTS
    assert refusal(body, Bounds(dependency_edges=2)).defects[0].code is Code.TOO_MANY_DEPENDENCIES


def test_at_most_fifty_faults_are_listed() -> None:
    refused = refusal(spdx(*(package(SPDXID="x") for _ in range(80))))
    assert len(refused.defects) == refused.at_least == 50
