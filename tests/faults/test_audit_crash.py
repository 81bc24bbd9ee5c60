"""Changes = events = leaves, whoever is killed in between."""

import time
from pathlib import Path
from random import Random

import pytest

from governance.models import AuditCheckpoint, AuditCosignature, AuditEvent
from tests import evidence
from tests.faults.crashing import Campaign, durable_server, victims
from tests.faults.processes import Processes

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
ROUNDS = 10


def seed_of(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("randomly_seed"))


def test_nothing_is_lost_or_doubled_in_the_log_whoever_is_killed(
    processes: Processes, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seed = seed_of(request)
    with durable_server() as server:
        campaign = Campaign(processes, server, tmp_path, seed)
        campaign.begin()
        for victim in victims(Random(seed)):
            campaign.wait_until_written(16)
            campaign.crash(victim)
        campaign.wait_until_written(16)
        campaign.finish()
        assert campaign.faults() == []


@pytest.mark.soak
def test_nothing_is_lost_or_doubled_in_the_log_in_many_rounds_of_killing(
    processes: Processes, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seed = seed_of(request)
    dice, begun = Random(seed), time.monotonic()
    with durable_server() as server:
        campaign = Campaign(processes, server, tmp_path, seed)
        campaign.begin(jobs=ROUNDS * 10)
        for _ in range(ROUNDS):
            for victim in victims(dice, "worker"):
                campaign.wait_until_written(dice.randrange(1, 200), seconds=90)
                campaign.crash(victim)
        campaign.wait_until_written(16)
        campaign.finish()
        found = campaign.faults()
        evidence.record(
            "audit-crash",
            count=AuditEvent.objects.count(),
            failures=len(found),
            seconds=time.monotonic() - begun,
            seed=seed,
            writers=len(campaign.slugs),
            renames_by_writers=campaign.renamed(),
            signed_heads=AuditCheckpoint.objects.count(),
            cosigned_heads=AuditCosignature.objects.count(),
            **{f"killed: {name}": number for name, number in sorted(campaign.kills.items())},
        )
    assert found == []
