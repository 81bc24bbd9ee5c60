"""Bills of materials as kept: who may read them, their findings, and their components to write."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from governance import access
from governance.domain.actor import Actor
from partners.domain.components import ComponentIdentity
from partners.models import EventKind, Finding, FindingState, Intake, Sbom, SbomComponent
from partners.permissions import Act
from partners.sbom.writer import Part

_COLUMNS = (
    *("component__type", "component__namespace", "component__name", "component__version"),
    *("component__qualifiers", "name", "version", "purl", "kind", "licenses", "hashes"),
    *("supplier", "quarantine"),
)


def sboms(*, to: Actor, at: datetime) -> QuerySet[Sbom]:
    """Return the documents that ``to`` may read."""
    return access.visible(Sbom.objects.all(), to=to, act=Act.SBOM_READ, at=at)


def opened(intake: Intake, *, to: Actor, at: datetime) -> QuerySet[Finding]:
    """Return the findings that ``intake`` opened, as far as ``to`` may read them."""
    return _moved(intake, (EventKind.OPENED, EventKind.REOPENED), to=to, at=at)


def closed(intake: Intake, *, to: Actor, at: datetime) -> QuerySet[Finding]:
    """Return the findings that ``intake`` ended, as far as ``to`` may read them."""
    return _moved(intake, (EventKind.FIXED, EventKind.WITHDRAWN), to=to, at=at)


def _moved(intake: Intake, kinds: tuple[str, ...], *, to: Actor, at: datetime) -> QuerySet[Finding]:
    """An intake settles as it finishes; what it fixed is dated at its receipt."""
    visible = access.visible(Finding.objects.all(), to=to, act=Act.FINDING_READ, at=at)
    instants = [one for one in (intake.received_at, intake.finished_at) if one is not None]
    moved = visible.filter(
        product=intake.product_id,
        events__at__in=instants,
        events__kind__in=kinds,
    )
    return moved.distinct()


def open_by_severity(product: int) -> dict[str, int]:
    """Return how many findings of a product are open, by severity."""
    counted = (
        Finding.objects.filter(product=product, state=FindingState.OPEN)
        .order_by()
        .values_list("band")
        .annotate(n=Count("pk"))
    )
    return dict(counted)


def by_state_and_severity(product: int) -> dict[str, dict[str, int]]:
    """Return how many findings a product has, by state and severity."""
    counted = (
        Finding.objects.filter(product=product)
        .order_by()
        .values_list("state", "band")
        .annotate(n=Count("pk"))
    )
    found: dict[str, dict[str, int]] = {}
    for state, band, count in counted:
        found.setdefault(state, {})[band] = count
    return found


def parts(sbom: Sbom) -> Iterator[Part]:
    """Yield the components of ``sbom`` as they are written out, in the order of the document."""
    rows = SbomComponent.objects.filter(sbom=sbom).order_by("pk").values(*_COLUMNS)
    for row in rows.iterator(chunk_size=2_000):
        yield _part(row)


def _part(row: dict[str, Any]) -> Part:
    if row["quarantine"]:
        identity = ComponentIdentity("", "", row["name"], row["version"])
    else:
        identity = ComponentIdentity(*(row[name] for name in _COLUMNS[:5]))
    return Part(
        identity,
        purl="" if row["quarantine"] else row["purl"],
        kind=row["kind"],
        licenses=row["licenses"],
        hashes=row["hashes"],
        supplier=row["supplier"],
    )
