"""The commands: what they do, and one clear line for what they cannot."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from incidents.models import Incident
from tests.builders.governance import a_site

pytestmark = pytest.mark.django_db


def call(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*words, "--json", stdout=out)
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
    assert said["steps"] == {"total": 9, "waiting": 9}
    out = StringIO()
    call_command("incident_report", reference, stdout=out)
    assert "Time to contain" in out.getvalue()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (declare(site="nowhere"), "no site 'nowhere'; known are: "),
        (declare(site="plant", severity="bad"), "not a severity; write SEV1"),
        (declare(site="plant", title="x" * 200), "at most 160 characters"),
        (declare(site="plant", title=" "), "cannot be blank"),
        (declare(site="plant", title="a\x00b"), "control characters"),
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
