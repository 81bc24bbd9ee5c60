"""An SBOM into the database: components once in all time, entries once per document.

A step of taking an SBOM, in its transaction and under its permission.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import connection

from governance.postgresql import staging
from partners.actions import matching, settling
from partners.actions.settling import Settled
from partners.domain.intakes import OnPhase, Phase
from partners.domain.sboms import SbomDocument
from partners.errors import SerialVersionReused
from partners.models import Product, Sbom
from partners.queries import diffs, grading
from partners.sbom.rows import COLUMNS

STAGED = "partners_incoming"

# In one order, so that two documents stored at once wait for one another and never both.
_COMPONENTS = """
INSERT INTO partners_componentversion
       (digest, type, namespace, name, version, qualifiers, ecosystem, package, unmatchable)
SELECT DISTINCT ON (digest)
       digest, type, namespace, name, version, qualifiers, ecosystem, package, unmatchable
  FROM pg_temp.partners_incoming AS incoming
 WHERE quarantine = ''
   AND NOT EXISTS (SELECT FROM partners_componentversion c WHERE c.digest = incoming.digest)
 ORDER BY digest
    ON CONFLICT (digest) DO NOTHING
"""
_ENTRIES = """
INSERT INTO partners_sbomcomponent
       (sbom_id, component_id, pointer, name, version, purl, kind, scope, licenses, hashes,
        supplier, quarantine)
SELECT DISTINCT ON (incoming.digest)
       %(sbom)s, c.id, pointer, entry_name, entry_version, purl, kind, scope, licenses, hashes,
       supplier, ''
  FROM pg_temp.partners_incoming AS incoming JOIN partners_componentversion c USING (digest)
 WHERE quarantine = ''
 ORDER BY incoming.digest, number
"""
_SET_ASIDE = """
INSERT INTO partners_sbomcomponent
       (sbom_id, component_id, pointer, name, version, purl, kind, scope, licenses, hashes,
        supplier, quarantine)
SELECT %(sbom)s, NULL, pointer, entry_name, entry_version, purl, kind, scope, licenses, hashes,
       supplier, quarantine
  FROM pg_temp.partners_incoming
 WHERE quarantine <> ''
 ORDER BY number
"""
# Key by key, for the reason told at the pairs of ``matching``.
_UNSEEN = """
SELECT c.id
  FROM (SELECT DISTINCT component_id FROM partners_sbomcomponent WHERE sbom_id = %(sbom)s) e
 CROSS JOIN LATERAL (
       SELECT id, matched_at, unmatchable FROM partners_componentversion
        WHERE id = e.component_id OFFSET 0) c
 WHERE c.matched_at IS NULL AND c.unmatchable = ''
 ORDER BY c.id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a document: its SBOM, its findings, and what changed since the last."""

    sbom: Sbom
    settled: Settled
    diff: diffs.Counts | None


def store(
    document: SbomDocument,
    rows: BinaryIO,
    *,
    product: Product,
    sha256: str,
    received_at: datetime,
    on_phase: OnPhase,
    at: datetime,
) -> Stored:
    """Keep ``document``, its components being ``rows``, and let the findings follow it.

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
    is_current = not same_serial.filter(version__gt=document.version).exists()
    previous = _previous(product, document, is_current=is_current)
    if is_current:
        Sbom.objects.filter(product=product, is_current=True).update(is_current=False)
    sbom = _sbom(document, product=product, sha256=sha256, received_at=received_at)
    sbom.is_current = is_current
    sbom.previous = previous
    _load(sbom, rows)
    grade = grading.grade(sbom, document)
    sbom.quality, sbom.quality_parts = grade.score, grade.as_json()
    sbom.save(force_insert=True)
    on_phase(Phase.MATCHING)
    matching.match(_unseen(sbom), at=at)
    diff = diffs.counts(previous.pk, sbom.pk) if previous is not None else None
    settled = settling.settle(products=[product.pk], at=at) if is_current else Settled(0, 0)
    return Stored(sbom, settled, diff)


def _previous(product: Product, document: SbomDocument, *, is_current: bool) -> Sbom | None:
    """Return what the document is compared with: the last one, or of the same series."""
    known = Sbom.objects.filter(product=product)
    if is_current:
        return known.filter(is_current=True).first()
    series = known.filter(serial=document.serial, version__lt=document.version)
    return series.order_by("-version").first()


def _sbom(document: SbomDocument, *, product: Product, sha256: str, received_at: datetime) -> Sbom:
    subject = document.subject
    return Sbom(
        product=product,
        sha256=sha256,
        format=document.format,
        spec_version=document.spec_version,
        serial=document.serial,
        version=document.version,
        created_claim=document.created,
        subject_name=subject.name if subject else "",
        subject_version=subject.version if subject else "",
        tools=list(document.tools),
        authors=list(document.authors),
        dependencies=document.edges_count,
        received_at=received_at,
        received=document.received_count,
    )


def _load(sbom: Sbom, rows: BinaryIO) -> None:
    """Bring the rows into the tables; every one is stored, set aside, or one of several alike."""
    staging.load_text(STAGED, COLUMNS, rows)
    scope = {"sbom": sbom.pk}
    with connection.cursor() as cursor:
        cursor.execute(_COMPONENTS)
        cursor.execute(_ENTRIES, scope)
        sbom.stored = cursor.rowcount
        cursor.execute(_SET_ASIDE, scope)
        sbom.quarantined = cursor.rowcount
        cursor.execute("SELECT count(*) FROM pg_temp.partners_incoming")
        (count,) = cursor.fetchone()
    staging.drop(STAGED)
    sbom.merged = count - sbom.stored - sbom.quarantined


def _unseen(sbom: Sbom) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_UNSEEN, {"sbom": sbom.pk})
        return [row[0] for row in cursor.fetchall()]
