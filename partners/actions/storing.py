"""An SBOM into the database: components once in all time, entries once per document.

A step of taking an SBOM, in its transaction and under its permission.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TypeVar

from partners.actions import matching, settling
from partners.actions.settling import Settled
from partners.domain.components import ComponentIdentity
from partners.domain.intakes import OnPhase, Phase
from partners.domain.sboms import SbomComponent as Entry
from partners.domain.sboms import SbomDocument
from partners.errors import SerialVersionReused
from partners.models import ComponentVersion, Product, Sbom, SbomComponent

BATCH = 5_000
LONGEST_PACKAGE = 512
T = TypeVar("T")


def store(
    document: SbomDocument,
    *,
    product: Product,
    sha256: str,
    received_at: datetime,
    on_phase: OnPhase,
    at: datetime,
) -> tuple[Sbom, Settled]:
    """Keep ``document`` and let the findings of ``product`` follow it.

    The product's row is locked, so two documents of one product follow each other. A
    document whose own version is lower than one of the same serial number is history: it
    is kept and changes no finding.

    Raises:
        SerialVersionReused: its serial number and version stood in other bytes before.
    """
    on_phase(Phase.STORING)
    Product.objects.select_for_update(of=["self"]).get(pk=product.pk)
    same_serial = Sbom.objects.filter(product=product, serial=document.serial).exclude(serial="")
    if same_serial.filter(version=document.version).exists():
        raise SerialVersionReused(
            "Another document with this serial number and version was handed over before. "
            "Raise its version, or give it a new serial number."
        )
    matching.join_uploads()
    keys = _components(document)
    is_current = not same_serial.filter(version__gt=document.version).exists()
    if is_current:
        Sbom.objects.filter(product=product, is_current=True).update(is_current=False)
    sbom = Sbom(
        product=product,
        sha256=sha256,
        format=document.format,
        spec_version=document.spec_version,
        serial=document.serial,
        version=document.version,
        created_claim=document.created,
        received_at=received_at,
        received=document.received_count,
        is_current=is_current,
    )
    entries = list(_entries(document, sbom, keys))
    sbom.quarantined = document.quarantined_count
    sbom.stored = len(entries) - sbom.quarantined
    sbom.merged = document.stored_count - sbom.stored
    sbom.save(force_insert=True)
    SbomComponent.objects.bulk_create(entries, batch_size=BATCH)
    on_phase(Phase.MATCHING)
    _match_unseen(keys.values(), at=at)
    if not is_current:
        return sbom, Settled(0, 0)
    return sbom, settling.settle(products=[product.pk], at=at)


def digest(identity: ComponentIdentity) -> str:
    """Return the key of a component version; no part can hold a NUL."""
    parts = (
        identity.type,
        identity.namespace,
        identity.name,
        identity.version,
        identity.qualifiers,
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _components(document: SbomDocument) -> dict[str, int]:
    """Return digest to key of every sound component, new ones inserted in one order."""
    wanted = {
        digest(entry.identity): entry.identity
        for entry in document.components
        if not entry.quarantine
    }
    keys: dict[str, int] = {}
    for batch in _batches(sorted(wanted)):
        ComponentVersion.objects.bulk_create(
            (_component(key, wanted[key]) for key in batch), ignore_conflicts=True
        )
        keys.update(ComponentVersion.objects.filter(digest__in=batch).values_list("digest", "pk"))
    return keys


def _component(key: str, identity: ComponentIdentity) -> ComponentVersion:
    unmatchable = identity.unmatchable
    package = "" if unmatchable else identity.package
    if len(package) > LONGEST_PACKAGE:
        unmatchable, package = "name_too_long", ""
    return ComponentVersion(
        digest=key,
        type=identity.type,
        namespace=identity.namespace,
        name=identity.name,
        version=identity.version,
        qualifiers=identity.qualifiers,
        ecosystem=identity.ecosystem,
        package=package,
        unmatchable=unmatchable,
    )


def _entries(document: SbomDocument, sbom: Sbom, keys: dict[str, int]) -> Iterator[SbomComponent]:
    """Yield one row for each component version and for each entry set aside."""
    seen: set[int] = set()
    for entry in document.components:
        key = None if entry.quarantine else keys[digest(entry.identity)]
        if key is not None:
            if key in seen:
                continue
            seen.add(key)
        yield _entry(entry, sbom, key)


def _entry(entry: Entry, sbom: Sbom, key: int | None) -> SbomComponent:
    return SbomComponent(
        sbom=sbom,
        component_id=key,
        pointer=entry.pointer,
        name=entry.name,
        version=entry.version,
        purl=entry.purl,
        kind=entry.kind,
        scope=entry.scope,
        licenses=list(entry.licenses),
        quarantine=entry.quarantine,
    )


def _match_unseen(keys: Iterable[int], *, at: datetime) -> None:
    unseen: list[int] = []
    for batch in _batches(keys):
        unseen += ComponentVersion.objects.filter(
            pk__in=batch, matched_at=None, unmatchable=""
        ).values_list("pk", flat=True)
    matching.match(unseen, at=at)


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while batch := list(islice(rest, BATCH)):
        yield batch
