"""Findings follow what is shipped and what is known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed
from governance.models import Alarm, AuditEvent
from partners.actions import feeding, receiving, sweeping
from partners.errors import SerialVersionReused, ShrunkenFeed, UnreadableFeed, UnreadableSbom
from partners.models import (
    Advisory,
    FeedRun,
    Finding,
    FindingEvent,
    Intake,
    Product,
    Sbom,
    Vulnerability,
)
from tests.builders.governance import a_site, a_user
from tests.builders.partners import a_document, a_finding, a_product, a_record, write

pytestmark = pytest.mark.django_db
OLD, NEW = "pkg:pypi/requests@2.28.2", "pkg:pypi/requests@2.31.0"
DAY = timedelta(days=1)


class Scene:
    """One product, a feed and documents that come one after the other."""

    def __init__(self, folder: Path, by: Actor, at: datetime) -> None:
        self.folder, self.by, self.at = folder, by, at
        self.product = a_product(site=a_site(time_zone="America/Monterrey"))

    def feed(self, *records: dict[str, Any], days: int = 0, **over: Any) -> feeding.Outcome:
        path = write(self.folder / "feed.json", list(records))
        return feeding.take(path, by=self.by, at=self.at + days * DAY, **over)

    def ship(
        self, *purls: str, days: int = 0, product: Product | None = None, **over: Any
    ) -> Intake:
        path = write(self.folder / f"{uuid4()}.json", a_document(purls, **over))
        return receiving.take_in(
            path, product=product or self.product, by=self.by, at=self.at + days * DAY
        )[0]

    @property
    def finding(self) -> Finding:
        return Finding.objects.get(product=self.product)

    def events(self) -> list[str]:
        return list(
            FindingEvent.objects.filter(finding=self.finding)
            .order_by("id")
            .values_list("kind", flat=True)
        )


@pytest.fixture
def scene(tmp_path: Path, operator: Actor, at: datetime) -> Scene:
    return Scene(tmp_path, operator, at)


def test_a_critical_one_is_due_in_14_days_of_the_site(scene: Scene) -> None:
    scene.feed(a_record(aliases=["CVE-2024-1"]))
    scene.ship(OLD)
    finding = scene.finding
    assert str(finding.vulnerability) == "CVE-2024-1"
    assert (finding.band, finding.score, finding.due_rule) == ("critical", 9.8, "base_critical")
    # 23:59:59 of Dec 1 in Monterrey, which is UTC-6.
    assert finding.due_at == datetime(2026, 12, 2, 5, 59, 59, tzinfo=UTC)
    assert finding.fixed_versions == ["2.31.0"]
    assert finding.evidence == [{"advisory": "GHSA-aaaa-bbbb-cccc", "said": "range"}]
    assert "GHSA-aaaa-bbbb-cccc" in finding.rating_source
    assert "14 days from 2026-11-17" in finding.why


def test_one_that_nobody_rated_is_due_in_30_days_and_says_so(scene: Scene) -> None:
    scene.feed(a_record(vector=None))
    scene.ship(OLD)
    assert (scene.finding.band, scene.finding.term_days) == ("unrated", 30)
    assert scene.finding.due_rule == "base_unrated"


def test_old_advisories_open_no_overdue_finding(scene: Scene) -> None:
    scene.ship(OLD)
    scene.feed(a_record(published="2019-01-01T00:00:00Z"), days=100)
    assert scene.finding.anchor_at == scene.at + 100 * DAY
    assert sweeping.sweep(by=scene.by, at=scene.at + 101 * DAY).overdue == 0


def test_a_newer_document_without_the_version_closes_it(scene: Scene) -> None:
    scene.feed(a_record())
    scene.ship(OLD)
    intake = scene.ship(NEW, days=3)
    assert (scene.finding.state, scene.finding.ended_at) == ("fixed", scene.at + 3 * DAY)
    assert (intake.opened, intake.closed) == (0, 1)
    assert scene.events() == ["opened", "fixed"]


def test_what_was_set_aside_might_be_the_component_and_closes_nothing(scene: Scene) -> None:
    scene.feed(a_record())
    scene.ship(OLD)
    intake = scene.ship(
        days=1,
        components=[{"type": "library", "name": "Requests", "purl": "pkg:requests"}],
    )
    assert intake.outcome == "accepted_partial"
    assert scene.finding.state == "open"


def test_an_older_version_of_a_serial_number_is_history(scene: Scene) -> None:
    serial = uuid4()
    scene.feed(a_record())
    scene.ship(NEW, serial=serial, version=5)
    intake = scene.ship(OLD, serial=serial, version=4, days=1)
    assert intake.sbom is not None
    assert not intake.sbom.is_current
    assert not Finding.objects.exists()
    with pytest.raises(SerialVersionReused):
        scene.ship(OLD, "pkg:pypi/other@1", serial=serial, version=5)


def test_what_returns_within_30_days_keeps_its_clock(scene: Scene) -> None:
    scene.feed(a_record())
    scene.ship(OLD)
    due = scene.finding.due_at
    scene.ship(NEW, days=3)
    scene.ship(OLD, days=20)
    assert (scene.finding.state, scene.finding.due_at) == ("open", due)
    assert sweeping.sweep(by=scene.by, at=scene.at + 20 * DAY).overdue == 1
    scene.ship(NEW, days=21)
    scene.ship(OLD, days=90)
    assert scene.finding.anchor_at == scene.at + 90 * DAY
    assert scene.finding.breached_at is None
    assert scene.events() == ["opened", "fixed", "reopened", "breached", "fixed", "reopened"]


def test_a_withdrawn_advisory_takes_its_findings_along(scene: Scene) -> None:
    scene.feed(a_record())
    scene.ship(OLD)
    newer = {"modified": "2026-11-20T00:00:00Z", "withdrawn": "2026-11-20T00:00:00Z"}
    scene.feed(a_record(**newer), days=4)
    assert (scene.finding.state, scene.finding.ended_at) == ("withdrawn", scene.at + 4 * DAY)
    assert not Vulnerability.objects.get().is_live


def test_a_changed_range_closes_and_opens(scene: Scene) -> None:
    scene.feed(a_record(fixed="2.0"))
    scene.ship(OLD)
    assert not Finding.objects.exists()
    scene.feed(a_record(modified="2026-11-20T00:00:00Z"), days=1)
    assert scene.finding.state == "open"
    scene.feed(a_record(modified="2026-11-21T00:00:00Z", fixed="2.28.2"), days=2)
    assert scene.finding.state == "withdrawn"


def test_an_older_state_of_a_record_changes_nothing(scene: Scene) -> None:
    scene.feed(a_record())
    outcome = scene.feed(a_record(modified="2026-01-01T00:00:00Z", fixed="1.0"), days=1)
    assert (outcome.run.changed, outcome.run.outdated) == (0, 1)


def test_a_raised_rating_brings_the_date_nearer_and_a_lowered_one_moves_nothing(
    scene: Scene,
) -> None:
    medium = "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:L/A:N"
    scene.feed(a_record(vector=medium))
    scene.ship(OLD)
    first = scene.finding.due_at
    scene.feed(a_record(modified="2026-11-20T00:00:00Z"), days=5)
    raised = scene.finding
    assert (raised.band, raised.due_rule) == ("critical", "raised")
    assert raised.due_at is not None
    assert first is not None
    assert raised.due_at < first
    scene.feed(a_record(modified="2026-11-25T00:00:00Z", vector=medium), days=8)
    assert (scene.finding.band, scene.finding.due_at) == ("medium", raised.due_at)
    assert scene.events() == ["opened", "rated", "rated"]


def test_records_that_turn_out_to_be_one_join_their_findings(scene: Scene) -> None:
    scene.feed(a_record("GHSA-1"))
    scene.ship(OLD)
    scene.feed(a_record("PYSEC-1", aliases=["CVE-2024-9"]), days=10)
    assert Finding.objects.count() == 2
    earliest = min(filter(None, Finding.objects.values_list("due_at", flat=True)))
    scene.feed(a_record("GHSA-1", aliases=["CVE-2024-9"], modified="2026-11-29T00:00:00Z"), days=12)
    open_ones = Finding.objects.filter(state="open")
    assert [(str(one.vulnerability), one.due_at) for one in open_ones] == [("CVE-2024-9", earliest)]
    assert {entry["advisory"] for entry in open_ones[0].evidence} == {"GHSA-1", "PYSEC-1"}


def test_records_that_part_have_findings_of_their_own_on_the_old_clock(scene: Scene) -> None:
    scene.feed(a_record("GHSA-1", aliases=["CVE-2024-9"]), a_record("PYSEC-1", aliases=["GHSA-1"]))
    scene.ship(OLD)
    before = scene.finding.due_at
    parted = a_record("PYSEC-1", modified="2026-11-29T00:00:00Z")
    scene.feed(a_record("GHSA-1", aliases=["CVE-2024-9"]), parted, days=12)
    found = {str(one.vulnerability): one.due_at for one in Finding.objects.filter(state="open")}
    assert set(found) == {"CVE-2024-9", "PYSEC-1"}
    assert found["CVE-2024-9"] == before


def test_a_bad_record_is_a_defect_and_a_bad_file_changes_nothing(scene: Scene) -> None:
    outcome = scene.feed(a_record(), {"id": "broken"})
    assert (outcome.run.records, outcome.run.defects) == (1, 1)
    for body in (b"", b"\0" * 1000, b"[]", b'{"id": 1}', b"PK\x03\x04 no archive"):
        path = write(scene.folder / "bad.json", body)
        with pytest.raises(UnreadableFeed):
            feeding.take(path, by=scene.by, at=scene.at)
    assert (FeedRun.objects.count(), Advisory.objects.count()) == (1, 1)


def test_a_feed_that_shrank_by_a_fifth_is_not_believed(scene: Scene) -> None:
    scene.feed(*(a_record(f"GHSA-{number}") for number in range(10)))
    with pytest.raises(ShrunkenFeed, match="70%"):
        scene.feed(*(a_record(f"GHSA-{number}") for number in range(3)))
    assert scene.feed(a_record("GHSA-1"), may_shrink=True).run.records == 1


def test_a_refused_document_leaves_nothing(scene: Scene) -> None:
    path = write(scene.folder / "bad.json", b'{"bomFormat": "CycloneDX"}')
    before = AuditEvent.objects.count()
    with pytest.raises(UnreadableSbom):
        receiving.take_in(path, product=scene.product, by=scene.by, at=scene.at)
    assert not Sbom.objects.exists()
    assert not Intake.objects.exists()
    assert AuditEvent.objects.count() == before


def test_two_products_share_components_and_nothing_else(scene: Scene) -> None:
    scene.feed(a_record())
    other = a_product()
    scene.ship(OLD)
    scene.ship(OLD, product=other)
    scene.ship(NEW, product=other, days=1)
    assert scene.finding.state == "open"
    assert Finding.objects.get(product=other).state == "fixed"


def test_repetitions_are_counted(scene: Scene) -> None:
    twice = [
        {"type": "library", "name": "requests", "bom-ref": str(number), "purl": OLD}
        for number in range(2)
    ]
    sbom = scene.ship(components=twice).sbom
    assert sbom is not None
    assert (sbom.received, sbom.stored, sbom.merged) == (2, 1, 1)


@pytest.mark.parametrize("runs", [[40], [15, 15, 40], [1, 40, 200]])
def test_a_breach_is_dated_when_it_fell_due_however_often_one_looks(
    operator: Actor, at: datetime, runs: list[int]
) -> None:
    finding = a_finding()
    met = a_finding(state="fixed", ended_at=finding.due_at)
    late = a_finding(state="fixed", ended_at=at + 20 * DAY)
    for days in runs:
        sweeping.sweep(by=operator, at=at + days * DAY)
    for row in (finding, met, late):
        row.refresh_from_db()
    assert finding.breached_at == finding.due_at
    assert late.breached_at == late.due_at
    assert met.breached_at is None
    events = FindingEvent.objects.filter(kind="breached").values_list("finding", "at")
    assert set(events) == {(finding.pk, finding.due_at), (late.pk, late.due_at)}


def test_exactly_on_the_due_instant_is_not_overdue(operator: Actor) -> None:
    finding = a_finding()
    assert finding.due_at is not None
    assert sweeping.sweep(by=operator, at=finding.due_at).overdue == 0
    assert sweeping.sweep(by=operator, at=finding.due_at + timedelta(seconds=1)).overdue == 1
    assert sweeping.sweep(by=operator, at=finding.due_at + timedelta(seconds=2)).overdue == 0


def test_closing_late_marks_the_breach_before(scene: Scene) -> None:
    scene.feed(a_record())
    scene.ship(OLD)
    scene.ship(NEW, days=40)
    assert scene.finding.breached_at == scene.finding.due_at
    assert "breached" in scene.events()


def test_a_stale_source_raises_one_alarm(scene: Scene) -> None:
    scene.feed(a_record())
    for days, alarms in ((7, 0), (8, 1), (9, 1)):
        sweeping.watch_feeds(by=scene.by, at=scene.at + days * DAY)
        assert Alarm.objects.filter(kind="stale_feed").count() == alarms


def test_nobody_imports_without_leave(scene: Scene) -> None:
    by = a_user().as_actor()
    path = write(scene.folder / "feed.json", [a_record()])
    with boundary.acting(by, at=scene.at):
        with pytest.raises(NotAllowed):
            feeding.take(path, by=by, at=scene.at)
        with pytest.raises(NotAllowed):
            receiving.take_in(path, product=scene.product, by=by, at=scene.at)
        with pytest.raises(NotAllowed):
            sweeping.sweep(by=by, at=scene.at)
