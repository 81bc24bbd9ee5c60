"""KEV, EPSS and Vulnrichment in their publishers' formats, and what follows for dates."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed
from governance.models import Alarm
from partners.actions import attacks, policies, sweeping
from partners.advisories import kev
from partners.errors import ShrunkenFeed, UnreadableFeed
from partners.models import EpssScore, ExploitedCve, FeedRun, SsvcAssessment, Vulnerability
from tests.builders.governance import a_user
from tests.builders.partners import a_record
from tests.builders.vex import CVE, a_cve_record, a_kev
from tests.partners.actions.test_following import DAY, OLD, Scene
from tests.shared import shared

pytestmark = pytest.mark.django_db
EPSS = """#model_version:v2026.03.14,score_date:2026-11-17T12:00:00Z
cve,epss,percentile
CVE-2024-1001,0.97312,0.99876
CVE-2024-1002,0.00042,0.05
"""


@pytest.fixture
def scene(tmp_path: Path, operator: Actor, at: datetime) -> Scene:
    return Scene(tmp_path, operator, at)


def take(scene: Scene, source: str, path: Path, *, days: int = 0, **over: bool) -> FeedRun:
    return attacks.take(path, source=source, by=scene.by, at=scene.at + days * DAY, **over).run


def a_day(scene: Scene, text: str = EPSS) -> Path:
    path = scene.folder / "epss_scores-2026-11-17.csv"
    path.write_text(text)
    return path


def test_a_kev_entry_makes_critical_and_its_date_wins(scene: Scene) -> None:
    scene.feed(a_record(vector=None, aliases=[CVE]))
    run = take(scene, "kev", a_kev(scene.folder / "kev.json", {"cveID": CVE}))
    assert (run.records, run.changed, run.data_date.day) == (1, 1, 17)
    scene.ship(OLD)
    finding = scene.finding
    assert (finding.band, finding.is_kev, finding.due_rule) == ("critical", True, "kev")
    assert finding.due_at == datetime(2026, 11, 25, 5, 59, 59, tzinfo=UTC)
    assert "CISA's catalog of exploited vulnerabilities since 2026-11-10" in finding.why


def test_a_later_entry_brings_a_standing_date_nearer_but_never_into_the_past(scene: Scene) -> None:
    scene.feed(a_record(vector=None, aliases=[CVE]))
    scene.ship(OLD)
    old = scene.finding.due_at
    entry = {"cveID": CVE, "dateAdded": "2026-11-01", "dueDate": "2026-11-18"}
    take(scene, "kev", a_kev(scene.folder / "kev.json", entry), days=5)
    finding = scene.finding
    # CISA's day is over: the critical term counts from the day on which we learned of it.
    assert (finding.band, finding.due_rule, finding.term_days) == ("critical", "raised", 14)
    assert old is not None
    assert finding.due_at == datetime(2026, 12, 7, 5, 59, 59, tzinfo=UTC) < old


def test_an_entry_that_goes_moves_no_date(scene: Scene) -> None:
    scene.feed(a_record(vector=None, aliases=[CVE]))
    path = scene.folder / "kev.json"
    take(scene, "kev", a_kev(path, {"cveID": CVE}))
    scene.ship(OLD)
    due = scene.finding.due_at
    take(scene, "kev", a_kev(path, {"cveID": "CVE-2024-1009"}), days=1)
    assert (scene.finding.is_kev, scene.finding.due_at) == (False, due)
    assert not ExploitedCve.objects.filter(cve=CVE).exists()


def test_the_real_catalog_is_read_whole(scene: Scene) -> None:
    path = shared("feeds/kev-2025-08-25.json")
    run = take(scene, "kev", path)
    assert (run.records, run.changed, run.defects) == (1404, 1404, 0)
    assert run.data_date.date() == date(2025, 8, 25)
    assert take(scene, "kev", path, days=1).changed == 0
    believed = [row for row in kev.read(path).entries if row.due_on and row.due_on > row.added_on]
    assert len(believed) == 1404 - 15  # eight are dated before their listing, seven on its day


def test_a_bad_entry_is_a_defect_and_a_bad_file_changes_nothing(scene: Scene) -> None:
    path = scene.folder / "kev.json"
    odd = {"cveID": "CVE-2024-1007", "dateAdded": "yesterday"}
    run = take(scene, "kev", a_kev(path, {"cveID": CVE}, odd, {"cveID": "no"}))
    assert (run.records, run.defects) == (1, 2)
    assert run.defect_list[0]["place"] == "/vulnerabilities/1"
    for body in (b"", b"{}", b"\x1f\x8bxx", b'{"count": 3}'):
        path.write_bytes(body)
        with pytest.raises(UnreadableFeed):
            take(scene, "kev", path, days=1)
    with pytest.raises(UnreadableFeed, match="says 5 entries"):
        take(scene, "kev", a_kev(path, {"cveID": CVE}, count=5), days=1)
    assert ExploitedCve.objects.count() == FeedRun.objects.count() == 1


def test_a_shrunken_file_is_refused_until_one_says_so(scene: Scene) -> None:
    path = scene.folder / "kev.json"
    take(scene, "kev", a_kev(path, *({"cveID": f"CVE-2024-100{n}"} for n in range(10))))
    a_kev(path, *({"cveID": f"CVE-2024-100{n}"} for n in range(7)))
    with pytest.raises(ShrunkenFeed):
        take(scene, "kev", path, days=1)
    assert ExploitedCve.objects.count() == 10
    take(scene, "kev", path, days=1, may_shrink=True)
    assert ExploitedCve.objects.count() == 7


def test_scores_are_swapped_by_the_day_and_order_findings_only(scene: Scene) -> None:
    scene.feed(a_record(aliases=[CVE]))
    scene.ship(OLD)
    due = scene.finding.due_at
    run = take(scene, "epss", a_day(scene))
    assert (run.records, run.changed, run.data_date.hour) == (2, 2, 12)
    assert (scene.finding.epss, scene.finding.due_at) == (0.97312, due)
    assert Vulnerability.objects.get(name=CVE).epss == 0.97312
    packed = scene.folder / "epss.csv.gz"
    packed.write_bytes(gzip.compress(EPSS.replace("CVE-2024-1001", "CVE-2024-1003").encode()))
    take(scene, "epss", packed, days=1)
    assert set(EpssScore.objects.values_list("cve", flat=True)) == {
        "CVE-2024-1002",
        "CVE-2024-1003",
    }
    assert scene.finding.epss is None


@pytest.mark.parametrize(
    "text",
    ["", "cve,epss,percentile\nCVE-2024-1001,0.5,0.5\n", "CVE,CVSS3,EPSS\n", "#x\n", "\x00\x01"],
)
def test_no_scores_no_change(scene: Scene, text: str) -> None:
    with pytest.raises(UnreadableFeed):
        take(scene, "epss", a_day(scene, text))
    assert not FeedRun.objects.exists()


def test_a_bad_line_is_a_defect(scene: Scene) -> None:
    run = take(scene, "epss", a_day(scene, EPSS + "CVE-2024-1004,1.5,0.5\nnonsense\n"))
    assert (run.records, run.defects) == (2, 2)
    assert run.defect_list[1]["place"] == "line 6"


def records(scene: Scene, *found: object) -> Path:
    folder = scene.folder / "vulnrichment"
    folder.mkdir(exist_ok=True)
    for number, one in enumerate(found):
        (folder / f"{number}.json").write_text(json.dumps(one))
    return folder


def test_cisa_rates_what_the_advisory_does_not_and_words_are_folded(scene: Scene) -> None:
    scene.feed(a_record(vector=None, aliases=[CVE]))
    scene.ship(OLD)
    run = take(scene, "vulnrichment", records(scene, a_cve_record()), days=1)
    assert (run.records, run.changed, run.defects) == (1, 1, 0)
    row = SsvcAssessment.objects.get()
    assert (row.exploitation, row.is_automatable, row.is_total) == ("poc", False, True)
    assert row.assessed_on == date(2026, 11, 12)
    finding = scene.finding
    assert (finding.band, finding.score, finding.due_rule) == ("critical", 9.8, "raised")
    assert finding.rating_source.startswith(f"CISA Vulnrichment, {CVE}: CVSS:3.1")


def test_attacked_automatable_and_total_is_critical_whatever_its_score(scene: Scene) -> None:
    low = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
    scene.feed(a_record(vector=low, aliases=[CVE]))
    urgent = a_cve_record(options=["Active", "YES", "total"], vector=low)
    take(scene, "vulnrichment", records(scene, urgent))
    scene.ship(OLD)
    assert (scene.finding.band, scene.finding.rating_source[:5]) == ("critical", "SSVC:")


def test_an_unknown_word_is_a_defect_and_other_containers_are_passed_over(scene: Scene) -> None:
    odd = a_cve_record(options=["Sometimes", "no", "partial"])
    other = a_cve_record("CVE-2024-1002")
    other["containers"]["adp"][0]["providerMetadata"]["shortName"] = "CVE"
    run = take(scene, "vulnrichment", records(scene, odd, other, {"no": "record"}))
    assert (run.records, run.defects) == (1, 2)
    assert SsvcAssessment.objects.get().exploitation == ""


def test_bod_26_04_counts_once_the_policy_says_so(scene: Scene, operator: Actor) -> None:
    scene.feed(a_record(aliases=[CVE]))
    urgent = a_cve_record(options=["active", "yes", "total"])
    take(scene, "vulnrichment", records(scene, urgent))
    policies.decide(
        critical_days=14,
        other_days=30,
        uses_kev=True,
        uses_bod_26_04=True,
        anchor="later",
        reason="The board follows CISA.",
        by=operator,
        at=scene.at,
    )
    scene.ship(OLD)
    finding = scene.finding
    assert (finding.due_rule, finding.term_days, finding.policy_version) == ("bod_26_04", 3, 2)
    assert "assumed: exposed" in finding.why


def test_attacks_grow_stale_after_three_days(scene: Scene) -> None:
    take(scene, "kev", a_kev(scene.folder / "kev.json", {"cveID": CVE}))
    scene.feed(a_record())
    for days, alarms in ((3, 0), (4, 1), (8, 2)):
        sweeping.watch_feeds(by=scene.by, at=scene.at + days * DAY)
        assert Alarm.objects.filter(kind="stale_feed").count() == alarms


def test_nobody_imports_attacks_without_leave(scene: Scene) -> None:
    by = a_user().as_actor(has_mfa=True)
    path = a_kev(scene.folder / "kev.json", {"cveID": CVE})
    with boundary.acting(by, at=scene.at), pytest.raises(NotAllowed):
        attacks.take(path, source="kev", by=by, at=scene.at)
