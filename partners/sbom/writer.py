"""CycloneDX 1.6 JSON out, through cyclonedx-python-lib; and components out of a lock file.

The library's serializer is slow (seconds per thousand components), so this is for small documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from partners.domain.components import ComponentIdentity, fold_name

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")


def from_lock(text: str) -> tuple[ComponentIdentity, ...]:
    """Return the PyPI components that a requirements lock pins, sorted by name.

    Packages behind an environment marker (another platform) are included: the lock ships them.

    Raises:
        ValueError: a requirement that is not pinned with ``==``, or no requirement at all.
    """
    found: dict[str, ComponentIdentity] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line[0].isspace() or line.startswith(("#", "-")):
            continue
        pin = _PIN.match(line)
        if pin is None:
            raise ValueError(f"line {number} is not a pinned requirement")
        name = fold_name("PyPI", pin[1])
        found[name] = ComponentIdentity("pypi", "", name, pin[2])
    if not found:
        raise ValueError("no requirement in the lock")
    return tuple(found[name] for name in sorted(found))


def to_cyclonedx(
    components: Iterable[ComponentIdentity],
    *,
    subject: str,
    subject_version: str,
    serial: UUID,
    at: datetime,
    version: int = 1,
) -> bytes:
    """Return a CycloneDX 1.6 JSON document of ``components``, the product being ``subject``.

    ``bom-ref`` is the package URL, or a running number where a component has none. Equal arguments
    give equal components in equal order.
    """
    product = Component(
        name=subject, version=subject_version, type=ComponentType.APPLICATION, bom_ref="product"
    )
    bom = Bom(
        components=[_component(one, place) for place, one in enumerate(components)],
        serial_number=serial,
        version=version,
        metadata=BomMetaData(component=product, timestamp=at),
    )
    bom.register_dependency(product, bom.components)
    text: str = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(
        indent=2
    )
    return text.encode()


def _component(identity: ComponentIdentity, place: int) -> Component:
    purl = identity.purl()
    return Component(
        name=identity.name,
        group=identity.namespace or None,
        version=identity.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=purl or f"component-{place}",
        purl=PackageURL.from_string(purl) if purl else None,
    )
