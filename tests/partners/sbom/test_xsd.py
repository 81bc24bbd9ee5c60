"""The XML schemas: every one compiles whole, and each kind of rule is held."""

import pytest

from partners.domain.sboms import Rejected
from partners.sbom import xsd
from partners.sbom.reader import read
from partners.sbom.xsd import Type
from partners.sbom.xsd_values import BUILT_IN


@pytest.mark.parametrize("version", xsd.VERSIONS)
def test_every_type_of_a_schema_can_be_compiled(version: str) -> None:
    schema = xsd.Schema(version)
    root = schema.root(f"{{{schema.namespace}}}bom")
    assert root is not None
    seen: set[int] = set()
    pending: list[Type] = [root]
    while pending:
        kind = pending.pop()
        if id(kind) in seen or kind.model is None:
            continue
        seen.add(id(kind))
        for steps in kind.model._steps:
            found = (schema.type_of(declaration) for declaration, _ in steps)
            pending.extend(one for one in found if one is not None)
    assert len(seen) >= {"1.0": 8, "1.1": 12, "1.2": 30}.get(version, 40)


def document(inside: str, version: str = "1.6") -> bytes:
    return f'<bom xmlns="http://cyclonedx.org/schema/bom/{version}">{inside}</bom>'.encode()


def listed(inside: str, kind: str = 'type="library"') -> bytes:
    return document(f"<components><component {kind}>{inside}</component></components>")


NAME = "<name>a</name>"


@pytest.mark.parametrize(
    "body",
    [
        document(""),
        document("<components/>"),
        document("<components> \n <!-- none --> </components>"),
        listed(f"{NAME}<version>1</version>"),
        listed(f"{NAME}<scope>required</scope>"),
        listed(f"{NAME}<x:own xmlns:x='urn:x'><x:more z='1'>text</x:more></x:own>"),
        listed(NAME, "type='library' xmlns:x='urn:x' x:own='1'"),
        document("<metadata><timestamp> 2024-02-29T24:00:00Z </timestamp></metadata>"),
        document("<metadata><timestamp>2024-02-29T10:00:00.5+14:00</timestamp></metadata>"),
    ],
)
def test_what_the_schema_allows_is_read(body: bytes) -> None:
    assert read(body).warnings_count <= 2


@pytest.mark.parametrize(
    ("body", "place", "detail"),
    [
        (listed(""), "component[1]", "is not complete: next must be"),
        (listed(f"<version>1</version>{NAME}"), "component[1]", "at the wrong place"),
        (listed(NAME * 2), "component[1]", "at the wrong place"),
        (listed(f"{NAME}<unknown/>"), "component[1]", "allowed here"),
        (listed(f"{NAME}text"), "component[1]", "must hold elements, not text"),
        (listed("<name><b/></name>"), "name[1]", "must hold text, not elements"),
        (listed(f"{NAME}<scope>never</scope>"), "scope[1]", "must be one of required"),
        (listed(f"{NAME}<scope> required</scope>"), "scope[1]", "must be one of required"),
        (listed(NAME, ""), "component[1]/@type", "attribute is required"),
        (listed(NAME, 'type="x"'), "component[1]/@type", "must be one of"),
        (
            listed(f"{NAME}<hashes><hash alg='MD5' own='1'>{'0' * 32}</hash></hashes>"),
            "hash[1]/@own",
            "no such attribute",
        ),
        (document("<metadata><timestamp>today</timestamp></metadata>"), "timestamp", "xs:dateTime"),
        (
            document("<metadata><timestamp>2023-02-29T00:00:00Z</timestamp></metadata>"),
            "timestamp",
            "xs:dateTime",
        ),
        (
            listed(f"{NAME}<hashes><hash alg='MD5'>xyz</hash></hashes>"),
            "hash[1]",
            "must match",
        ),
        (
            listed(f"{NAME}<licenses><license><id>NONESUCH</id></license></licenses>"),
            "id[1]",
            "must be one of",
        ),
    ],
)
def test_what_it_forbids_is_refused_with_its_place(body: bytes, place: str, detail: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(body)
    first = caught.value.defects[0]
    assert first.pointer.startswith("line 1, /bom/")
    assert place in first.pointer
    assert detail in first.detail


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("boolean", ["true", " 0 "], ["yes", ""]),
        ("integer", ["-7", "+1", " 2 "], ["1.0", "", "9" * 2_000]),
        ("nonNegativeInteger", ["0", "12"], ["-1"]),
        ("positiveInteger", ["1"], ["0"]),
        ("decimal", ["1.5", ".5", "-2."], ["1e3", "NaN", "."]),
        ("date", ["2024-02-29", "2024-01-01Z"], ["2023-02-29", "2024-13-01", "1-1-1"]),
        ("dateTime", ["2024-01-01T00:00:00"], ["2024-01-01", "2024-01-01T25:00:00"]),
        ("anyURI", ["", "https://example.com/a b"], []),
    ],
)
def test_values_are_those_of_xml_schema(kind: str, good: list[str], bad: list[str]) -> None:
    assert [BUILT_IN[kind].fault(text) for text in good] == [""] * len(good)
    assert all(BUILT_IN[kind].fault(text) for text in bad)
