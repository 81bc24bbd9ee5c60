"""The commands: what they do, and one clear line for what they cannot."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from incidents.domain import spans
from incidents.models import Incident
from tests.builders.governance import a_site
from tests.builders.reported import recorded, scattered

pytestmark = pytest.mark.django_db


def call(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command(words[0], "--json", *words[1:], stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def declare(**over: str) -> list[str]:
    given = {"title": "Odd", "severity": "sev2", "site": "", **over}
    return ["declare_incident", *(f"--{name}={value}" for name, value in given.items())]


def test_declaring_from_the_shell() -> None:
    site = a_site(slug="plant")
    said = call(*declare(site="plant"), "--drill", "--key=monitor-1")
    assert said == {
        "reference": Incident.objects.get().reference,
        "severity": "SEV2",
        "kind": "drill",
        "phase": "active",
        "site": site.slug,
    }
    assert call(*declare(site="plant"), "--drill", "--key=monitor-1") == said
    assert Incident.objects.count() == 1


def test_the_report_of_one_incident() -> None:
    a_site(slug="plant")
    reference = call(*declare(site="plant"))["reference"]
    said = call("incident_report", reference)
    assert said["durations"]["ttc"]["state"] == "running"
    assert said["durations"]["ttd"] == {"state": "blank", "seconds": None, "is_estimated": False}
    assert set(said["milestones"]) == {"declared", "detected"}
    assert said["steps"] == {"total": 1, "waiting": 1}
    out = StringIO()
    call_command("incident_report", reference, stdout=out)
    assert "Time to contain" in out.getvalue()


def test_the_report_of_a_period_and_its_files(tmp_path: Path) -> None:
    site = a_site(slug="plant")
    recorded(scattered([site], 12, start=spans.parse("2026-Q3").start, days=80, seed=1))
    pdf, rows = tmp_path / "q3.pdf", tmp_path / "q3.csv"
    words = ["incident_report", "--period=2026-Q3", f"--pdf={pdf}", f"--csv={rows}"]
    said = call(*words)
    assert said["data"]["metrics"]["ttr"]["n"] == 12
    assert len(said["sha256"]) == 64
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert len(rows.read_text().splitlines()) == 13
    assert call(*words, "--site=plant")["data"]["scope"] == "plant"
    assert call(*words, "--drills")["data"]["incidents"] == []
    out = StringIO()
    call_command("incident_report", "--period=2026", stdout=out)
    assert "Not enough data (have 0/12" in out.getvalue()


def test_a_baseline_is_frozen_on_the_shell() -> None:
    site = a_site(slug="plant")
    window = spans.quarter_of(timezone.now()).before()
    recorded(scattered([site], 9, start=window.start, days=80, seed=1))
    far = window.end.replace(year=window.end.year + 2).date()
    words = ["metric_baseline", "freeze", "ttr", f"--window={window.name}", "--target=0.6"]
    said = call(*words, f"--judge={far}")
    assert (said["n"], said["site"]) == (9, "enterprise")
    (held,) = call("metric_baseline", "list")["baselines"]
    assert held["sha256"] == said["sha256"]
    with pytest.raises(CommandError, match="before the baseline is frozen"):
        call(*words, f"--judge={window.end.date()}")
    with pytest.raises(CommandError, match="Invalid isoformat"):
        call(*words, "--judge=soon")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (declare(site="nowhere"), "no site 'nowhere'; known are: "),
        (declare(site="plant", severity="bad"), "not a severity; write SEV1"),
        (declare(site="plant", title="x" * 200), "at most 160 characters"),
        (declare(site="plant", title=" "), "cannot be blank"),
        (declare(site="plant", title="a\x00b"), "control characters"),
        (["incident_report"], "Name one incident, or a period"),
        (["incident_report", "INC-2026-0001", "--period=2026"], "Name one incident, or a period"),
        (["incident_report", "--period=Q3"], "write it as 2026-Q3"),
        (["incident_report", "--period=2026", "--site=x"], "no site 'x'"),
        (["incident_report", "--period=2026", "--pdf=/nowhere/x.pdf"], "No such file"),
        (["incident_report", "INC-1"], "not an incident reference"),
        (["incident_report", "INC-2026-9999"], "there is no INC-2026-9999"),
        (["incident_report", "\x00\xff" * 2000], "not an incident reference"),
    ],
)
def test_what_cannot_be_done_is_one_line(words: list[str], line: str) -> None:
    a_site(slug="plant")
    with pytest.raises(CommandError) as refused:
        call(*words)
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not Incident.objects.exists()
