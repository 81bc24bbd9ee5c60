"""CycloneDX 1.6 JSON out, through cyclonedx-python-lib.

The library takes some 3 ms for each component, and grows with the square of their number. Above
1,000 the components are written by hand in the same form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.spdx import is_supported_id
from packageurl import PackageURL

from partners.domain.components import ComponentIdentity

_LARGEST_BY_LIBRARY = 1_000
_KINDS = frozenset(one.value for one in ComponentType)
_ALGORITHMS = frozenset(one.value for one in HashAlgorithm)
_license = LicenseFactory()


@dataclass(frozen=True, slots=True)
class Part:
    """A component to write. ``purl`` may keep qualifiers that its identity leaves out; licenses
    are SPDX expressions or names, hashes ``algorithm:digits``."""

    identity: ComponentIdentity
    purl: str = ""
    kind: str = ""
    licenses: Sequence[str] = ()
    hashes: Sequence[str] = ()
    supplier: str = ""


def to_cyclonedx(
    components: Iterable[ComponentIdentity | Part],
    *,
    subject: str,
    subject_version: str,
    serial: UUID,
    at: datetime,
    version: int = 1,
) -> bytes:
    """Return a CycloneDX 1.6 JSON document of ``components``, the product being ``subject``.

    ``bom-ref`` is a running number. Equal arguments give equal components in equal order.
    """
    product = Component(
        name=subject,
        version=subject_version or None,
        type=ComponentType.APPLICATION,
        bom_ref="product",
    )
    parts = [one if isinstance(one, Part) else Part(one, one.purl()) for one in components]
    is_small = len(parts) <= _LARGEST_BY_LIBRARY
    bom = Bom(
        components=[_component(one, place) for place, one in enumerate(parts) if is_small],
        serial_number=serial,
        version=version,
        metadata=BomMetaData(component=product, timestamp=at),
    )
    bom.register_dependency(product, bom.components)
    text: str = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    document: dict[str, Any] = json.loads(text)
    if not is_small:
        written = [_plain(one, place) for place, one in enumerate(parts)]
        refs = [one["bom-ref"] for one in written]
        document["components"] = written
        document["dependencies"] = [
            {"dependsOn": refs, "ref": "product"},
            *({"ref": ref} for ref in refs),
        ]
    return json.dumps(document, indent=2, ensure_ascii=False).encode()


def _plain(part: Part, place: int) -> dict[str, Any]:
    """Return what the library would write of ``part``."""
    identity = part.identity
    members: dict[str, Any] = {
        "bom-ref": f"component-{place}",
        "group": identity.namespace,
        "hashes": [{"alg": one.alg.value, "content": one.content} for one in _hashes(part.hashes)],
        "licenses": [_plain_license(one) for one in _licenses(tuple(part.licenses))],
        "name": identity.name,
        "purl": PackageURL.from_string(part.purl).to_string() if part.purl else "",
        "supplier": {"name": part.supplier} if part.supplier else None,
        "type": _kind(part.kind).value,
        "version": identity.version,
    }
    return {name: value for name, value in members.items() if value}


def _plain_license(one: Any) -> dict[str, Any]:
    if isinstance(one, LicenseExpression):
        return {"expression": one.value}
    return {"license": {"id": one.id} if one.id else {"name": one.name}}


def _component(part: Part, place: int) -> Component:
    identity = part.identity
    return Component(
        name=identity.name,
        group=identity.namespace or None,
        version=identity.version or None,
        type=_kind(part.kind),
        bom_ref=f"component-{place}",
        purl=PackageURL.from_string(part.purl) if part.purl else None,
        licenses=_licenses(tuple(part.licenses)),
        hashes=list(_hashes(part.hashes)),
        supplier=OrganizationalEntity(name=part.supplier) if part.supplier else None,
    )


def _kind(text: str) -> ComponentType:
    return ComponentType(text) if text in _KINDS else ComponentType.LIBRARY


@lru_cache(maxsize=4_096)
def _licenses(texts: tuple[str, ...]) -> list[Any]:
    """An expression may stand alone only; beside others its text is a name."""
    if len(texts) == 1:
        return [_license.make_from_string(texts[0])]
    return [
        _license.make_with_id(text) if is_supported_id(text) else _license.make_with_name(text)
        for text in dict.fromkeys(texts)
    ]


def _hashes(texts: Sequence[str]) -> Iterator[HashType]:
    for text in dict.fromkeys(texts):
        name, _, digits = text.partition(":")
        if name in _ALGORITHMS:
            yield HashType(alg=HashAlgorithm(name), content=digits)
