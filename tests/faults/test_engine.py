"""Runbooks under faults: nothing is lost, nothing that must not be is repeated."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests import evidence
from tests.builders.target import a_target
from tests.faults.engine import RESUME_SECONDS, Campaign
from tests.faults.processes import Processes

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def run_campaign(
    processes: Processes, place: Path, seed: int, settings: Any, *, kills: int, runs: int,
    seconds: float,
) -> Campaign:  # fmt: skip
    with a_target() as target:
        settings.RUNBOOK_HOSTS = settings.RUNBOOK_PRIVATE_HOSTS = [target.origin]
        campaign = Campaign(processes, target, seed, place)
        try:
            campaign.begin(runs)
            campaign.storm(kills, seconds=seconds)
            campaign.finish()
            campaign.found, campaign.count = campaign.faults(), campaign.runs()
        finally:
            campaign.end()
    return campaign


def test_runbooks_survive_whoever_dies(
    processes: Processes, tmp_path: Path, request: pytest.FixtureRequest, settings: Any
) -> None:
    seed = int(request.config.getoption("randomly_seed"))
    begun = time.monotonic()
    campaign = run_campaign(processes, tmp_path, seed, settings, kills=40, runs=24, seconds=75)
    print(dict(campaign.kills), campaign.slowest, time.monotonic() - begun)
    assert campaign.found == []
    assert campaign.slowest <= RESUME_SECONDS


@pytest.mark.soak
def test_runbooks_survive_a_thousand_deaths(
    processes: Processes, tmp_path: Path, request: pytest.FixtureRequest, settings: Any
) -> None:
    seed = int(request.config.getoption("randomly_seed"))
    begun = time.monotonic()
    campaign = run_campaign(processes, tmp_path, seed, settings, kills=1000, runs=40, seconds=2400)
    evidence.record(
        "engine-faults",
        count=campaign.deaths(),
        failures=len(campaign.found) + (campaign.slowest > RESUME_SECONDS),
        seconds=time.monotonic() - begun,
        seed=seed,
        runs=campaign.count,
        **{why.replace(":", ""): n for why, n in sorted(campaign.kills.items())},
        slowest_resume_seconds=round(campaign.slowest, 2),
    )
    assert campaign.found == []
    assert campaign.slowest <= RESUME_SECONDS
