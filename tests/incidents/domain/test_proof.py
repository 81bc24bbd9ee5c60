"""What shows a milestone, as it is written behind its time."""

import pytest

from incidents.domain import proof
from incidents.domain.proof import Proof


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("E-3", Proof(3)),
        ("e3: the log of the switch", Proof(3)),
        ("E12 ±", Proof(12)),
        ("read the wrong clock, E-3", Proof(3)),
        ("no evidence: the sensor was replaced", Proof(why="the sensor was replaced")),
        ("No evidence, nobody was there", Proof(why="nobody was there")),
        ("read wrongly; no evidence because it burned", Proof(why="because it burned")),
        ("", Proof()),
        ("no evidence:  ", Proof()),
        ("no evidences", Proof()),
        ("sensor export 7", Proof()),
        ("E0", Proof()),
        ("EDR log, node3", Proof()),
        ("E1234567", Proof()),
        ("the line E4 stands", Proof()),
    ],
)
def test_a_number_or_a_reason(text: str, found: Proof) -> None:
    assert proof.of(text) == found
    assert found.is_given == (found != Proof())


@pytest.mark.parametrize("said", [Proof(3), Proof(why="it burned"), Proof()])
def test_what_a_form_writes_reads_the_same(said: Proof) -> None:
    assert proof.of(proof.written("", said)) == said
    assert proof.written("03:45 ±5m ", said).startswith("03:45 ±5m")
