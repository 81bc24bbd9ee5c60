"""What the export shows of an attack, the offline verifier finds too."""

import random
from pathlib import Path

import pytest

from tests.governance.tampering import on_entries, on_heads, on_rows
from tests.governance.tampering.attacker import Attacker
from tests.governance.tampering.exporting import verified
from tests.governance.tampering.kinds import KINDS
from tests.governance.tampering.lab import Lab

pytestmark = pytest.mark.django_db
MODULES = [on_entries, on_heads, on_rows]
SHOWN = [
    "edit_body",
    "edit_salt",
    "edit_sealed_bytes",
    "sealed_bytes_with_a_tail",
    "edit_event_and_seal",
    "edit_event_seal_and_leaf_hash",
    "entry_deleted_and_the_rest_moved_up",
    "forged_entry_in_the_place_of_another",
    "forged_entry_inserted",
    "leaves_swapped",
    "leaves_shuffled",
    "body_blanked",
    "body_blanked_with_a_forged_erasure",
    "rewritten_with_the_stolen_key",
    "entry_removed_with_the_stolen_key",
    "rewritten_without_the_key",
    "cut_and_signed_with_the_stolen_key",
]


def test_the_export_of_a_clean_log_verifies(lab: Lab, tmp_path: Path) -> None:
    with lab.session() as session:
        assert verified(lab, session, tmp_path) == 0


@pytest.mark.parametrize("name", SHOWN)
def test_an_attack_that_the_export_shows_is_found_offline(
    name: str, lab: Lab, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dice = random.Random(f"{request.config.getoption('randomly_seed')} {name}")
    with lab.session() as session:
        attacker = Attacker(lab, session, dice)
        KINDS[name](attacker)
        attacker.leave()
        assert verified(lab, session, tmp_path) == 1


def test_a_log_signed_by_another_key_cannot_be_told_from_a_wrong_key(
    lab: Lab, tmp_path: Path
) -> None:
    """Whoever names the wrong key gets the same answer, and no verdict: exit code 3."""
    with lab.session() as session:
        attacker = Attacker(lab, session, random.Random(1))
        KINDS["rewritten_with_a_key_of_their_own"](attacker)
        attacker.leave()
        assert verified(lab, session, tmp_path) == 3
