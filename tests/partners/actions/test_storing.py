"""What is kept of a document, what changed since the last, and how much it tells."""

import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from governance.domain.actor import Actor
from partners.actions import receiving
from partners.errors import SerialVersionReused
from partners.models import Intake, Product, Sbom, SbomComponent
from partners.queries import diffs, sboms
from partners.queries.diffs import Kind, Way
from partners.sbom import reader, writer
from tests.builders.governance import NOW
from tests.builders.partners import a_document, a_product, write
from tests.builders.sboms import cdx, package, spdx, tags, thing
from tests.shared import shared

pytestmark = pytest.mark.django_db
JUICE = "sbom/cyclonedx-json/3d5e265e2ca8-juice-shop-11.1.2.cdx.json"


@pytest.fixture
def product() -> Product:
    return a_product()


class Desk:
    """Takes documents of one product."""

    def __init__(self, folder: Path, product: Product, by: Actor) -> None:
        self.folder, self.product, self.by = folder, product, by

    def take(self, body: bytes) -> Intake:
        path = write(self.folder / str(uuid4()), body)
        return receiving.take_in(path, product=self.product, by=self.by, at=NOW)[0]

    def sbom(self, body: bytes) -> Sbom:
        found = self.take(body).sbom
        assert found is not None
        return found


@pytest.fixture
def desk(tmp_path: Path, product: Product, operator: Actor) -> Desk:
    return Desk(tmp_path, product, operator)


def a_part(name: str, version: str = "1", **over: Any) -> dict[str, object]:
    return thing(name=name, version=version, purl=f"pkg:npm/{name}@{version}", **over)


def test_every_component_is_stored_set_aside_or_merged(desk: Desk) -> None:
    body = cdx(
        a_part("a", **{"bom-ref": "1"}),
        a_part("a", **{"bom-ref": "2"}),
        a_part("b", licenses=[{"license": {"id": "MIT"}}], supplier={"name": "Tab\tCo\\n"}),
        thing(name="c\0", purl="nonsense"),
        thing(name="line\nfeed", purl="nonsense"),
    )
    sbom = desk.sbom(body)
    assert (sbom.received, sbom.stored, sbom.quarantined, sbom.merged) == (5, 2, 2, 1)
    kept = SbomComponent.objects.filter(sbom=sbom).order_by("pointer")
    assert [(one.name, one.pointer, one.quarantine) for one in kept] == [
        ("a", "/components/0", ""),
        ("b", "/components/2", ""),
        ("c\\0", "/components/3", "nul"),
        ("line\nfeed", "/components/4", "bad_purl"),
    ]
    assert (kept[1].licenses, kept[1].supplier) == (["MIT"], "Tab\tCo\\n")


@pytest.mark.parametrize(
    "body",
    [
        spdx(package(), package("b"), documentDescribes=["SPDXRef-a"]),
        tags(
            "PackageName: a",
            "SPDXID: SPDXRef-a",
            "PackageDownloadLocation: NONE",
            "PackageVersion: 1",
            "PackageChecksum: SHA256: " + "0" * 64,
            "ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1",
            "PackageName: b",
            "SPDXID: SPDXRef-b",
            "PackageDownloadLocation: NONE",
            "Relationship: SPDXRef-a DEPENDS_ON SPDXRef-b",
            "Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a",
        ),
    ],
    ids=["json", "tag-value"],
)
def test_spdx_is_taken_in_like_the_others(desk: Desk, body: bytes) -> None:
    sbom = desk.sbom(body)
    assert (sbom.received, sbom.stored, sbom.spec_version) == (2, 2, "2.3")
    assert (sbom.subject_name, sbom.tools) == ("a", ["hand-1"])
    if sbom.format == "spdx-tag-value":
        kept = SbomComponent.objects.get(sbom=sbom, name="a")
        assert (kept.hashes, kept.component.ecosystem) == ([f"SHA-256:{'0' * 64}"], "npm")
        assert sbom.dependencies == 1


def test_what_changed_is_told_by_component(desk: Desk) -> None:
    mit, old_hash, new_hash = (
        [{"license": {"id": "MIT"}}],
        [{"alg": "MD5", "content": "0" * 32}],
        [{"alg": "MD5", "content": "1" * 32}],
    )
    first = desk.take(
        cdx(
            *(a_part(name) for name in ("same", "gone", "license")),
            a_part("up", "1.9.0"),
            a_part("down", "2.0.0"),
            a_part("twice", "1.0.0"),
            a_part("hash", hashes=old_hash),
            thing(name="odd", version="b", purl="pkg:generic/odd@b"),
        )
    )
    second = desk.take(
        cdx(
            *(a_part(name) for name in ("same", "come")),
            a_part("license", licenses=mit),
            a_part("up", "1.10.0"),
            a_part("down", "1.0.0"),
            a_part("twice", "1.0.0"),
            a_part("twice", "2.0.0"),
            a_part("hash", hashes=new_hash),
            thing(name="odd", version="a", purl="pkg:generic/odd@a"),
        )
    )
    assert first.diff is None
    assert second.diff == {"added": 2, "removed": 1, "changed": 3, "relicensed": 1, "rehashed": 1}
    assert second.sbom is not None
    old, new = first.sbom_id, second.sbom_id
    assert old is not None
    assert new is not None
    assert second.sbom.previous_id == old

    def listed(kind: Kind) -> list[tuple[str, tuple[str, ...], tuple[str, ...], str]]:
        found = diffs.changes(old, new, kind=kind)
        return [(one.component, one.before, one.after, one.way) for one in found]

    assert listed(Kind.CHANGED) == [
        ("pkg:generic/odd", ("b",), ("a",), Way.UNORDERED),
        ("pkg:npm/down", ("2.0.0",), ("1.0.0",), Way.DOWN),
        ("pkg:npm/up", ("1.9.0",), ("1.10.0",), Way.UP),
    ]
    assert listed(Kind.ADDED) == [
        ("pkg:npm/come", (), ("1",), ""),
        ("pkg:npm/twice", (), ("2.0.0",), ""),
    ]
    assert listed(Kind.REMOVED) == [("pkg:npm/gone", ("1",), (), "")]
    assert listed(Kind.RELICENSED) == [("pkg:npm/license", ("1",), ("1",), "")]
    assert diffs.changes(old, new, kind=Kind.ADDED, limit=1, offset=1)[0].component.endswith("e")


def test_the_same_list_under_another_serial_differs_in_nothing(desk: Desk) -> None:
    desk.take(a_document(["pkg:npm/a@1"]))
    again = desk.take(a_document(["pkg:npm/a@1"]))
    assert again.diff == {"added": 0, "removed": 0, "changed": 0, "relicensed": 0, "rehashed": 0}


def test_an_older_version_is_history_and_compared_within_its_series(desk: Desk) -> None:
    serial = uuid4()
    one = desk.take(a_document(["pkg:npm/a@1"], serial=serial, version=1))
    three = desk.take(a_document(["pkg:npm/a@3"], serial=serial, version=3))
    two = desk.take(a_document(["pkg:npm/a@2", "pkg:npm/b@1"], serial=serial, version=2))
    assert two.sbom is not None
    assert (two.sbom.is_current, two.sbom.previous_id) == (False, one.sbom_id)
    assert Sbom.objects.get(product=desk.product, is_current=True).pk == three.sbom_id
    with pytest.raises(SerialVersionReused):
        desk.take(a_document(["pkg:npm/c@1"], serial=serial, version=2))


def test_the_same_bytes_again_are_no_work(desk: Desk, tmp_path: Path) -> None:
    path = shared(JUICE)
    first, is_new = receiving.take_in(path, product=desk.product, by=desk.by, at=NOW)
    begun = time.monotonic()
    second, is_new_again = receiving.take_in(path, product=desk.product, by=desk.by, at=NOW)
    assert time.monotonic() - begun < 1
    assert (first.pk, is_new, is_new_again) == (second.pk, True, False)


def test_a_full_document_tells_all_and_an_empty_one_nothing(desk: Desk) -> None:
    full = a_part(
        "a",
        supplier={"name": "Lindqvist"},
        licenses=[{"license": {"id": "MIT"}}],
        hashes=[{"alg": "MD5", "content": "0" * 32}],
        **{"bom-ref": "a"},
    )
    metadata = {
        "timestamp": "2026-01-01T00:00:00Z",
        "authors": [{"name": "Ada"}],
        "tools": {"components": [{"type": "application", "name": "t", "version": "1"}]},
        "component": {"type": "application", "name": "line", "bom-ref": "top"},
    }
    told = desk.sbom(
        cdx(full, metadata=metadata, dependencies=[{"ref": "top", "dependsOn": ["a"]}])
    )
    assert (told.quality, told.subject_name, told.tools) == (100, "line", ["t 1"])
    bare = desk.sbom(cdx(thing(version="")))
    assert bare.quality == 5
    assert bare.quality_parts["matchable"] == [0, 1]
    assert desk.sbom(cdx()).quality == 0


def test_what_is_written_out_is_what_was_taken_in(desk: Desk, product: Product) -> None:
    sbom = desk.sbom(shared(JUICE).read_bytes())
    body = writer.to_cyclonedx(
        sboms.parts(sbom), subject="x", subject_version="", serial=uuid4(), at=NOW
    )
    read, source = reader.read(body), reader.read(shared(JUICE).read_bytes())
    assert {one.identity for one in read.components} == {one.identity for one in source.components}
    assert {(one.name, one.licenses) for one in read.components} == {
        (one.name, tuple(dict.fromkeys(one.licenses))) for one in source.components
    }
    assert json.loads(body)["specVersion"] == "1.6"
