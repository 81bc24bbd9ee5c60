"""What is read out of documents: components, warnings, bounds."""

import json
from collections import Counter
from pathlib import Path

import jsonschema_rs
import pytest

from partners.domain.components import ComponentIdentity
from partners.domain.sboms import Bounds, Code, Rejected, SbomDocument
from partners.sbom import schemas
from partners.sbom.reader import read, read_file
from tests.builders.sboms import manifest
from tests.shared import shared

PLONE = "sbom/cyclonedx-json/296e56679340-syft-0.96.0_plone-5.2.cdx.json"
UNION = "sbom/union-real-components.cdx.json"


def verdict(body: bytes) -> SbomDocument | Rejected:
    try:
        return read(body)
    except Rejected as refused:
        return refused


def a_document(*components: object, **over: object) -> bytes:
    members = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": list(components)}
    return json.dumps(members | over).encode()


def a_component(**over: object) -> dict[str, object]:
    return {"type": "library", "name": "thing", "version": "1.0"} | over


def refusal(body: bytes, bounds: Bounds | None = None) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(body, bounds=bounds or Bounds())
    return caught.value


def test_xml_and_json_twins_hold_the_same_components() -> None:
    twins: dict[tuple[str, str], dict[str, Counter[ComponentIdentity]]] = {}
    for row, path in manifest():
        stem = Path(row["path"]).stem
        if row["format"].startswith("cyclonedx") and stem.startswith("valid-"):
            found = Counter(one.identity for one in read(path.read_bytes()).components)
            key = (stem.removesuffix(f"-{row['spec']}"), row["spec"])
            twins.setdefault(key, {})[row["format"]] = found
    pairs = {key: tuple(both.values()) for key, both in twins.items() if len(both) == 2}
    assert len(pairs) > 50
    differing = {stem for (stem, _), (left, right) in pairs.items() if left != right}
    # These pairs are different documents upstream: other names, or package URLs in one only.
    assert differing == {
        "valid-bom",
        "valid-component-ref",
        "valid-dependency",
        "valid-license-expression",
        "valid-license-id",
        "valid-license-name",
    }


def test_sliced_checking_gives_the_verdict_of_the_whole_schema_on_damaged_documents() -> None:
    """Each member of each small real document is removed in turn, and replaced by a number."""
    compared = 0
    for row, path in manifest()[::9]:
        if row["format"] != "cyclonedx-json" or path.stat().st_size > 20_000:
            continue
        whole: jsonschema_rs.Draft7Validator = schemas.checker(row["spec"]).document
        for damaged in _damaged(json.loads(path.read_bytes().decode("utf-8-sig"))):
            found = verdict(json.dumps(damaged).encode())
            assert isinstance(found, SbomDocument) == whole.is_valid(damaged), (row["file"], found)
            compared += 1
    assert compared > 300


def _damaged(document: dict[str, object]) -> list[dict[str, object]]:
    kept = ("specVersion", "bomFormat", "$schema")
    found = []
    for name in document:
        if name not in kept:
            found += [{k: v for k, v in document.items() if k != name}, {**document, name: 7}]
    for index, component in enumerate(document.get("components", [])):  # type: ignore[arg-type]
        for name in component:
            for damage in (
                {k: v for k, v in component.items() if k != name},
                {**component, name: 7},
            ):
                parts = list(document["components"])  # type: ignore[call-overload]
                parts[index] = damage
                found.append({**document, "components": parts})
    return found


def test_the_plone_document_holds_303_pypi_packages() -> None:
    document = read_file(shared(PLONE))
    assert sum(one.identity.type == "pypi" for one in document.components) == 303
    assert document.quarantined_count == 0
    assert document.tools == ("syft 0.96.0",)


def test_the_union_holds_6401_components_and_loses_none() -> None:
    document = read_file(shared(UNION))
    assert (document.received_count, len(document.components)) == (6_401, 6_401)
    assert sum(not one.purl for one in document.components) == 144
    assert [one.purl for one in document.components if one.quarantine] == [
        "https://github.com/actions/virtual-environments"
    ]


def test_nested_components_follow_their_parent() -> None:
    inner = a_component(name="inner")
    document = read(a_document(a_component(components=[inner, a_component(name="other")])))
    assert [(one.name, one.pointer, one.parent_pointer) for one in document.components] == [
        ("thing", "/components/0", ""),
        ("inner", "/components/0/components/0", "/components/0"),
        ("other", "/components/0/components/1", "/components/0"),
    ]


def test_a_bad_package_url_is_a_warning_on_its_component_alone() -> None:
    document = read(
        a_document(a_component(purl="pypi/x"), a_component(name="b", purl="pkg:pypi/b"))
    )
    bad, good = document.components
    assert (bad.quarantine, bad.purl, bad.identity.unmatchable) == ("bad_purl", "pypi/x", "no_purl")
    assert good.identity.version == "1.0"
    assert [one.pointer for one in document.warnings] == ["/components/0/purl"]
    assert (document.received_count, document.stored_count) == (2, 1)


def test_a_nul_is_kept_visible_and_the_component_is_not_matched() -> None:
    document = read(a_document(a_component(name="th\0ing", purl="pkg:pypi/x@1")))
    assert document.components[0].quarantine == Code.NUL
    assert document.components[0].name == "th\\0ing"


def test_doubtful_references_are_warnings() -> None:
    document = read(
        a_document(
            a_component(**{"bom-ref": "a"}),
            a_component(**{"bom-ref": "a", "name": "b"}),
            dependencies=[{"ref": "a", "dependsOn": ["a", "gone"]}],
        )
    )
    assert [one.code for one in document.warnings] == [
        Code.DUPLICATE_REF,
        Code.SELF_DEPENDENCY,
        Code.DANGLING_DEPENDENCY,
    ]


def test_schema_faults_are_listed_up_to_fifty_and_never_repeat_the_document() -> None:
    refused = refusal(a_document(*({"type": "secret-word", "name": "x"} for _ in range(80))))
    assert len(refused.defects) == 50
    assert refused.defects[7].pointer == "/components/7/type"
    assert "secret-word" not in repr(refused.defects)


def test_a_byte_order_mark_is_harmless() -> None:
    assert read(b"\xef\xbb\xbf" + a_document(a_component())).received_count == 1


@pytest.mark.parametrize(
    ("bounds", "code"),
    [
        (Bounds(document_bytes=100), Code.TOO_LARGE),
        (Bounds(components=2), Code.TOO_MANY_COMPONENTS),
        (Bounds(dependency_edges=1), Code.TOO_MANY_DEPENDENCIES),
        (Bounds(text_length=50), Code.STRING_TOO_LONG),
    ],
)
def test_each_bound_has_its_own_code(bounds: Bounds, code: Code) -> None:
    nested = a_component(name="n" * 60, components=[a_component(name="b")])
    body = a_document(nested, a_component(), dependencies=[{"ref": "a", "dependsOn": ["b", "c"]}])
    assert refusal(body, bounds).defects[0].code is code


def test_too_many_xml_elements_are_refused() -> None:
    body = b'<bom xmlns="http://cyclonedx.org/schema/bom/1.6">' + b"<a/>" * 50 + b"</bom>"
    assert refusal(body, Bounds(xml_elements=40)).defects[0].code is Code.TOO_COMPLEX


@pytest.mark.parametrize(
    "over", [{"name": "n" * 1_025}, {"version": "1" * 257}, {"purl": "pkg:pypi/" + "x" * 2_048}]
)
def test_an_overlong_field_quarantines_its_component(over: dict[str, str]) -> None:
    document = read(a_document(a_component(**over)))
    assert document.components[0].quarantine == Code.FIELD_TOO_LONG
