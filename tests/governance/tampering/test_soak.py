"""The full count: every kind of attack at many places, and clean logs without one false alarm."""

import random
import time

import pytest

from governance.domain.integrity import Rule
from tests import evidence
from tests.governance.tampering import on_entries, on_heads, on_rows
from tests.governance.tampering.cleanlogs import alarms, logs
from tests.governance.tampering.kinds import KINDS
from tests.governance.tampering.lab import Lab
from tests.governance.tampering.trying import missed

pytestmark = [pytest.mark.soak, pytest.mark.django_db]
MODULES = [on_entries, on_heads, on_rows]
PLACES = 25
LOGS = 1000
LARGEST = 5000
RULES = len(Rule)


def test_no_attack_is_missed_wherever_it_is_made(lab: Lab, request: pytest.FixtureRequest) -> None:
    seed = int(request.config.getoption("randomly_seed"))
    begun = time.monotonic()
    wrong = {}
    for name, attack in KINDS.items():
        for place in range(PLACES):
            try:
                why = missed(lab, attack, random.Random(f"{seed} {name} {place}"))
            except Exception as error:  # noqa: BLE001 - neither found nor missed: the check itself broke
                why = repr(error)
            if why:
                wrong[f"{name} {place}"] = why
    evidence.record(
        "audit-attacks",
        count=len(KINDS) * PLACES,
        failures=len(wrong),
        seconds=time.monotonic() - begun,
        seed=seed,
        kinds=len(KINDS),
        places_each=PLACES,
        entries_in_the_log=lab.size,
    )
    assert wrong == {}


def test_clean_logs_raise_no_alarm(lab: Lab, request: pytest.FixtureRequest) -> None:
    """In memory, of every size; the real log of the lab is checked as often as there are kinds."""
    seed = int(request.config.getoption("randomly_seed"))
    begun = time.monotonic()
    wrong, entries = {}, 0
    for number, (size, log) in enumerate(logs(random.Random(seed), LOGS, LARGEST)):
        entries += size
        if found := alarms(log):
            wrong[number] = found
    real = 0
    for _ in range(50):
        with lab.session() as session:
            if lab.check(session).total().failures:
                wrong[-real - 1] = "the real log"
        real += 1
    evidence.record(
        "audit-clean-logs",
        count=LOGS + real,
        failures=len(wrong),
        seconds=time.monotonic() - begun,
        seed=seed,
        in_memory=LOGS,
        entries_in_memory=entries,
        checks_of_a_real_log=real,
    )
    assert wrong == {}
