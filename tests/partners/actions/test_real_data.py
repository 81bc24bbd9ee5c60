"""The real documents and feeds against the real database, compared with plain readings."""

import time
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.domain.actor import Actor
from partners.actions import feeding, receiving
from partners.advisories import osv
from partners.models import (
    Advisory,
    ComponentVersion,
    FeedRun,
    Finding,
    FindingEvent,
    Sbom,
    SbomComponent,
)
from partners.sbom.reader import read_file
from tests.builders.advisories import Index
from tests.builders.partners import a_product
from tests.partners.advisories.test_index import plain_pypi
from tests.shared import shared

pytestmark = pytest.mark.django_db
PLONE = "sbom/cyclonedx-json/296e56679340-syft-0.96.0_plone-5.2.cdx.json"
UNION = "sbom/union-real-components.cdx.json"
PYPI = "feeds/osv-PyPI.zip"


def said(product) -> set[tuple[str, str, str]]:
    """(name, version, advisory) of every open finding."""
    return {
        (name, version, entry["advisory"])
        for name, version, evidence in Finding.objects.filter(
            product=product, state="open"
        ).values_list("component__name", "component__version", "evidence")
        for entry in evidence
    }


@pytest.mark.parametrize("document", [PLONE, UNION], ids=["plone", "union"])
def test_findings_equal_a_plain_reading(document: str, operator: Actor, at: datetime) -> None:
    path, feed, product = shared(document), shared(PYPI), a_product()
    began = time.perf_counter()
    outcome = feeding.take(feed, by=operator, at=at)
    fed = time.perf_counter()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        intake, is_new = receiving.take_in(path, product=product, by=operator, at=at)
    took = time.perf_counter()
    print(
        f"\n{document}: feed {fed - began:.2f} s, SBOM {took - fed:.2f} s, {len(queries)} queries"
    )
    assert is_new
    assert len(queries) <= 45
    assert (outcome.run.records, outcome.run.changed) == (2661, 2661)
    advisories = list(osv.read(feed, on_defect=lambda defect: None))
    components = {
        entry.identity
        for entry in read_file(path).components
        if entry.identity.type == "pypi" and not entry.quarantine
    }
    expected = {
        (one.name, one.version, advisory)
        for one in components
        for advisory in plain_pypi(advisories, one)
    }
    assert said(product) == expected != set()
    index = Index(advisories)
    assert len(expected) == sum(len(index.hits(one)) for one in components)
    sbom = intake.sbom
    assert sbom is not None
    assert sbom.received == sbom.stored + sbom.quarantined + sbom.merged
    assert SbomComponent.objects.filter(sbom=sbom).count() == sbom.stored + sbom.quarantined


def test_plone_has_its_303_packages(operator: Actor, at: datetime) -> None:
    intake, _ = receiving.take_in(shared(PLONE), product=a_product(), by=operator, at=at)
    assert intake.sbom is not None
    listed = SbomComponent.objects.filter(sbom=intake.sbom, component__ecosystem="PyPI")
    assert listed.count() == 303


def test_the_feed_may_come_after_the_document(operator: Actor, at: datetime) -> None:
    product = a_product()
    receiving.take_in(shared(PLONE), product=product, by=operator, at=at)
    assert not Finding.objects.exists()
    outcome = feeding.take(shared(PYPI), by=operator, at=at + timedelta(days=1))
    after = said(product)
    other = a_product()
    receiving.take_in(shared(PLONE), product=other, by=operator, at=at + timedelta(days=2))
    assert said(other) == after
    assert outcome.opened == Finding.objects.filter(product=product).count() > 20


def test_importing_again_changes_nothing(operator: Actor, at: datetime) -> None:
    product = a_product()
    feeding.take(shared(PYPI), by=operator, at=at)
    first, _ = receiving.take_in(shared(UNION), product=product, by=operator, at=at)

    def counts() -> tuple[int, ...]:
        return tuple(
            model.objects.count()
            for model in (Advisory, ComponentVersion, Finding, FindingEvent, Sbom, SbomComponent)
        )

    before = counts()
    stamps = set(Advisory.objects.values_list("pk", "imported_at"))
    later = at + timedelta(days=1)
    outcome = feeding.take(shared(PYPI), by=operator, at=later)
    second, is_new = receiving.take_in(shared(UNION), product=product, by=operator, at=later)
    assert counts() == before
    assert set(Advisory.objects.values_list("pk", "imported_at")) == stamps
    assert (outcome.run.changed, outcome.opened, outcome.closed) == (0, 0, 0)
    assert (second.pk, is_new) == (first.pk, False)
    assert FeedRun.objects.count() == 2
