"""Documents for tests: the shared real ones with their verdicts, and hostile ones."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from partners.domain.sboms import Code
from tests.shared import ROOT, shared

HEAD = b'{"bomFormat":"CycloneDX","specVersion":"1.6",'
XML = b'<bom xmlns="http://cyclonedx.org/schema/bom/1.6">'
SPDX_3 = b'{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}'
MIB = 2**20


def manifest() -> list[tuple[dict[str, str], Path]]:
    """Return the rows of the shared manifest with their files; skip where there is none."""
    folder = shared("sbom/MANIFEST.csv").parent
    return [(row, folder / row["file"]) for row in rows()]


def rows() -> list[dict[str, str]]:
    """Return the rows of the shared manifest, or none where it is missing."""
    path = ROOT / "sbom" / "MANIFEST.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


class Hostile(NamedTuple):
    """A document that must be answered by ``code``; made when wanted, since some are large.

    ``None``: it must be accepted, with a warning or a component set aside.
    """

    make: Callable[[], bytes]
    code: Code | None


def of(body: bytes, code: Code | None) -> Hostile:
    return Hostile(lambda: body, code)


def cdx(*components: object, **over: object) -> bytes:
    members = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": list(components)}
    return json.dumps(members | over).encode()


def spdx(*packages: object, **over: object) -> bytes:
    """Return a sound SPDX 2.3 document of ``packages``."""
    members = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "product",
        "documentNamespace": "https://example.com/product",
        "creationInfo": {"created": "2026-01-31T12:00:00Z", "creators": ["Tool: hand-1"]},
        "packages": list(packages),
    }
    return json.dumps(members | over).encode()


def package(name: str = "a", **over: object) -> dict[str, object]:
    fields = {"name": name, "SPDXID": f"SPDXRef-{name}", "downloadLocation": "NOASSERTION"}
    return {**fields, "versionInfo": "1", **over}


def tags(*lines: str) -> bytes:
    """Return a sound SPDX 2.3 tag-value head, and ``lines``."""
    head = (
        *("SPDXVersion: SPDX-2.3", "DataLicense: CC0-1.0", "SPDXID: SPDXRef-DOCUMENT"),
        *("DocumentName: product", "DocumentNamespace: https://example.com/product"),
        *("Creator: Tool: hand-1", "Created: 2026-01-31T12:00:00Z"),
    )
    return "\n".join((*head, *lines)).encode()


def thing(**over: object) -> dict[str, object]:
    return {"type": "library", "name": "thing", "version": "1.0"} | over


def _nested(depth: int) -> bytes:
    inner = b'{"type":"file","name":"x"}'
    for _ in range(depth):
        inner = b'{"type":"file","name":"x","components":[' + inner + b"]}"
    return HEAD + b'"components":[' + inner + b"]}"


def _zip(body: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bom.json", body)
    return out.getvalue()


def _entities(depth: int) -> bytes:
    lines = [b'<!ENTITY a0 "ha">'] + [
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, depth)
    ]
    return b"<!DOCTYPE bom [" + b"".join(lines) + b"]>" + XML + b"&a%d;</bom>" % (depth - 1)


def _bomb() -> bytes:
    return gzip.compress(bytes(100 * MIB))


def _ring(size: int) -> bytes:
    parts = [thing(name=f"n{n}", **{"bom-ref": str(n)}) for n in range(size)]
    edges = [{"ref": str(n), "dependsOn": [str((n + 1) % size)]} for n in range(size)]
    return cdx(*parts, dependencies=edges)


def _equal_items() -> bytes:
    return HEAD + b'"components":[{"type":"file","name":"a"},{"name":"a", "type":"file"}]}'


HOSTILE: Mapping[str, Hostile] = {
    "empty": of(b"", Code.EMPTY),
    "blank": of(b" \n\t ", Code.EMPTY),
    "a byte order mark alone": of(b"\xef\xbb\xbf", Code.EMPTY),
    "zeros": of(bytes(1000), Code.UNKNOWN_FORMAT),
    "every byte": of(bytes(range(256)), Code.UNKNOWN_FORMAT),
    "a megabyte of blanks": Hostile(lambda: b" " * MIB + b"{}", Code.UNKNOWN_FORMAT),
    "UTF-16": of('{"bomFormat":"CycloneDX"}'.encode("utf-16"), Code.UNKNOWN_FORMAT),
    "an array": of(b"[]", Code.UNKNOWN_FORMAT),
    "null": of(b"null", Code.UNKNOWN_FORMAT),
    "an empty object": of(b"{}", Code.UNKNOWN_FORMAT),
    "another object": of(b'{"hello":"world"}', Code.UNKNOWN_FORMAT),
    "gzip bomb": Hostile(_bomb, Code.BOMB),
    "gzip bomb in gzip": Hostile(lambda: gzip.compress(_bomb()), Code.COMPRESSED),
    "gzip cut short": Hostile(lambda: gzip.compress(cdx(thing()))[:-9], Code.MALFORMED),
    "gzip of garbage": of(b"\x1f\x8b\x08\x00garbage", Code.MALFORMED),
    "gzip and a tail": Hostile(lambda: gzip.compress(cdx(thing())) + b"x", Code.MALFORMED),
    "two gzip streams": Hostile(lambda: gzip.compress(cdx(thing())) * 2, Code.MALFORMED),
    "zip": Hostile(lambda: _zip(cdx(thing())), Code.COMPRESSED),
    "zip bomb": Hostile(lambda: _zip(bytes(50 * MIB)), Code.COMPRESSED),
    "zstd": of(b"\x28\xb5\x2f\xfd" + bytes(50), Code.COMPRESSED),
    "unknown version": of(
        b'{"bomFormat":"CycloneDX","specVersion":"2.0"}', Code.UNSUPPORTED_VERSION
    ),
    "version as a number": of(
        b'{"bomFormat":"CycloneDX","specVersion":1.6}', Code.UNSUPPORTED_VERSION
    ),
    "no version": of(b'{"bomFormat":"CycloneDX"}', Code.UNSUPPORTED_VERSION),
    "unknown XML version": of(
        b'<bom xmlns="http://cyclonedx.org/schema/bom/1.9"/>', Code.UNSUPPORTED_VERSION
    ),
    "SPDX 2.1": of(b'{"spdxVersion":"SPDX-2.1"}', Code.UNSUPPORTED_VERSION),
    "SPDX 3": of(SPDX_3, Code.UNSUPPORTED_FORMAT),
    "cut short": of(HEAD, Code.MALFORMED),
    "broken list": of(HEAD + b'"components":[}', Code.MALFORMED),
    "NaN": of(HEAD + b'"version":NaN}', Code.MALFORMED),
    "endless number": of(HEAD + b'"version":1e999}', Code.MALFORMED),
    "5,000 digits": of(HEAD + b'"version":' + b"9" * 5000 + b"}", Code.MALFORMED),
    "number over 32 bits": of(HEAD + b'"version":99999999999}', Code.SCHEMA),
    "not UTF-8": of(HEAD + b'"serialNumber":"\xff"}', Code.MALFORMED),
    "lone surrogate": of(HEAD + b'"serialNumber":"\\ud800"}', Code.MALFORMED),
    "lone surrogate in a component": of(
        HEAD + b'"components":[{"type":"file","name":"\\udfff"}]}', Code.MALFORMED
    ),
    "surrogate as UTF-8": of(HEAD + b'"serialNumber":"\xed\xa0\x80"}', Code.MALFORMED),
    "two lists of components": of(HEAD + b'"components":[],"components":[]}', Code.DUPLICATE_KEY),
    "two lists, one escaped": of(
        HEAD + b'"components":[],"c\\u006fmponents":[]}', Code.DUPLICATE_KEY
    ),
    "two names": of(
        HEAD + b'"components":[{"name":"a","name":"b","type":"file"}]}', Code.DUPLICATE_KEY
    ),
    "two names behind an escaped colon": of(
        HEAD + b'"components":[{"name":"a","name":"\\u003a","type":"file"}]}', Code.DUPLICATE_KEY
    ),
    "two authors": of(HEAD + b'"metadata":{"authors":[],"authors":[]}}', Code.DUPLICATE_KEY),
    "equal items": Hostile(_equal_items, Code.SCHEMA),
    "components as text": of(HEAD + b'"components":"abc"}', Code.SCHEMA),
    "components as null": of(HEAD + b'"components":null}', Code.SCHEMA),
    "a component as null": of(HEAD + b'"components":[null]}', Code.SCHEMA),
    "a component as text": of(cdx("x"), Code.SCHEMA),
    "metadata as text": of(cdx(metadata="x"), Code.SCHEMA),
    "a name as a list": of(cdx(thing(name=[])), Code.SCHEMA),
    "licenses as text": of(cdx(thing(licenses="MIT")), Code.SCHEMA),
    "hash of a wrong kind": of(cdx(thing(hashes=[{"alg": "X", "content": "0"}])), Code.SCHEMA),
    "dependsOn as text": of(cdx(dependencies=[{"ref": "a", "dependsOn": "b"}]), Code.SCHEMA),
    "10,000 bad components": Hostile(
        lambda: cdx(*({"type": f"secret{n}", "name": "x"} for n in range(10_000))), Code.SCHEMA
    ),
    "100,000 lists deep": Hostile(
        lambda: HEAD + b'"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", Code.TOO_DEEP
    ),
    "70 lists deep": of(HEAD + b'"x":' + b"[" * 70 + b"]" * 70 + b"}", Code.TOO_DEEP),
    "components 500 deep": Hostile(lambda: _nested(500), Code.TOO_DEEP),
    "components 40 deep": Hostile(lambda: _nested(40), Code.TOO_DEEP),
    "a text of 5 MiB": Hostile(lambda: cdx(thing(description="x" * 5 * MIB)), Code.STRING_TOO_LONG),
    "a text of 5 MiB in metadata": Hostile(
        lambda: cdx(metadata={"authors": [{"name": "x" * 5 * MIB}]}), Code.STRING_TOO_LONG
    ),
    "20 million lists, 60 MiB": Hostile(
        lambda: HEAD + b'"x":[' + b"[]," * (20 * MIB) + b"[]]}", Code.TOO_COMPLEX
    ),
    "30 million numbers, 60 MiB": Hostile(
        lambda: HEAD + b'"components":[{"x":[' + b"1," * (30 * MIB) + b"1]}]}", Code.TOO_COMPLEX
    ),
    "10 million foreign elements, 60 MiB": Hostile(
        lambda: XML[:-1] + b' xmlns:x="u">' + b"<x:a/>" * (10 * MIB) + b"</bom>",
        Code.TOO_COMPLEX,
    ),
    "2 million properties, 80 MiB": Hostile(
        lambda: (
            XML
            + b"<metadata><properties>"
            + b'<property name="a">b</property>' * (2 * MIB)
            + b"</properties></metadata></bom>"
        ),
        Code.TOO_COMPLEX,
    ),
    "a name of 5,000": of(cdx(thing(name="n" * 5_000)), None),
    "a version of 5,000": of(cdx(thing(version="1" * 5_000)), Code.SCHEMA),
    "a version of 5,000 in 1.4": of(cdx(thing(version="1" * 5_000), specVersion="1.4"), None),
    "a reference of 5,000": of(cdx(thing(**{"bom-ref": "r" * 5_000})), None),
    "a package URL of 50,000": of(cdx(thing(purl="pkg:pypi/" + "x" * 50_000)), None),
    "no package URL at all": of(cdx(thing(purl="pypi/thing")), None),
    "a package URL of percents": of(cdx(thing(purl="pkg:pypi/%ff%fe@%")), None),
    "NUL in a name": of(cdx(thing(name="a\0b")), None),
    "NUL in a license": of(cdx(thing(licenses=[{"license": {"name": "a\0b"}}], purl="x")), None),
    "one reference twice": of(cdx(*(thing(name=n, **{"bom-ref": "r"}) for n in "ab")), None),
    "depends on itself": of(
        cdx(thing(**{"bom-ref": "r"}), dependencies=[{"ref": "r", "dependsOn": ["r"]}]), None
    ),
    "depends on nothing known": of(cdx(dependencies=[{"ref": "x", "dependsOn": ["y"]}]), None),
    "a ring of 5,000": Hostile(lambda: _ring(5_000) + b" ", None),
    "another XML": of(b"<a/>", Code.UNKNOWN_FORMAT),
    "XML without a namespace": of(b"<bom>", Code.UNKNOWN_FORMAT),
    "XML of one character": of(b"<", Code.MALFORMED),
    "XML of an odd encoding": of(b'<?xml version="1.0" encoding="x-odd"?><bom/>', Code.MALFORMED),
    "XML cut short": of(XML + b"<components>", Code.MALFORMED),
    "XML with NUL": of(XML + b"<components>\0</components></bom>", Code.MALFORMED),
    "XML with a surrogate": of(XML + b"<components>&#xD800;</components></bom>", Code.MALFORMED),
    "a document type": of(b"<!DOCTYPE bom>" + XML + b"</bom>", Code.DOCTYPE),
    "an outer entity": of(
        b'<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + XML + b"&a;</bom>", Code.DOCTYPE
    ),
    "an outer document type": of(
        b'<!DOCTYPE b SYSTEM "http://192.0.2.1/x.dtd">' + XML + b"</bom>", Code.DOCTYPE
    ),
    "a billion laughs": Hostile(lambda: _entities(10), Code.DOCTYPE),
    "100 elements deep": of(XML + b"<a>" * 100, Code.TOO_DEEP),
    "100,000 elements deep": Hostile(lambda: XML + b"<a>" * 100_000, Code.TOO_DEEP),
    "an unknown element": of(XML + b"<extra/></bom>", Code.SCHEMA),
    "a text in XML of 5 MiB": Hostile(
        lambda: XML + b"<components>" + b"x" * 5 * MIB + b"</components></bom>",
        Code.STRING_TOO_LONG,
    ),
    "an attribute of 5 MiB": Hostile(
        lambda: XML[:-1] + b' version="' + b"1" * 5 * MIB + b'"/>', Code.STRING_TOO_LONG
    ),
    "50,000 attributes": Hostile(
        lambda: XML[:-1] + b"".join(b' a%d=""' % n for n in range(50_000)) + b"/>", None
    ),
    "one XML reference twice": of(
        XML
        + b'<components><component type="file" bom-ref="r"><name>a</name></component>'
        + b'<component type="file" bom-ref="r"><name>b</name></component></components></bom>',
        Code.SCHEMA,
    ),
    "SPDX packages as text": of(spdx(packages="x"), Code.SCHEMA),
    "SPDX package as null": of(spdx(None), Code.SCHEMA),
    "SPDX name as a number": of(spdx(package(name=7)), Code.SCHEMA),  # type: ignore[arg-type]
    "SPDX without a name": of(spdx(package(name="")), Code.SCHEMA),
    "SPDX creation as a list": of(spdx(creationInfo=[]), Code.SCHEMA),
    "SPDX checksums as text": of(spdx(package(checksums="x")), Code.SCHEMA),
    "SPDX references of numbers": of(spdx(package(externalRefs=[1, 2])), Code.SCHEMA),
    "SPDX relationship of numbers": of(spdx(relationships=[{"spdxElementId": 1}]), Code.SCHEMA),
    "SPDX packages twice": of(spdx()[:-1] + b',"packages":[]}', Code.DUPLICATE_KEY),
    "SPDX with NUL": of(spdx(package(versionInfo="1\0")), None),
    "SPDX describes a list": of(spdx(documentDescribes=[[]]), Code.SCHEMA),
    "tag-value that is none": of(tags("nonsense"), Code.MALFORMED),
    "tag-value without an end": of(tags("PackageName: <text>x"), Code.MALFORMED),
    "tag-value of 5 MiB": Hostile(
        lambda: tags("PackageName: <text>", *("x" * 70 for _ in range(70_000)), "</text>"),
        Code.STRING_TOO_LONG,
    ),
    "tag-value, one tag twice": of(
        tags("PackageName: a", "PackageVersion: 1", "PackageVersion: 2"), Code.DUPLICATE_KEY
    ),
    "tag-value not in UTF-8": of(tags("PackageName: a") + b"\xff", Code.MALFORMED),
}
