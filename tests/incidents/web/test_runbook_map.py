"""The picture: every step below those that lead to it, loops drawn back."""

from incidents.cacao import checklist, document
from incidents.web.runbook_map import MOST, lay_out
from incidents.web.runbook_table import table
from tests.builders.incidents import NOW
from tests.shared import shared


def branching() -> dict[str, object]:
    return {
        "workflow_start": "s",
        "agent_definitions": {"soc": {"name": "SOC"}},
        "workflow": {
            "s": {"type": "start", "on_completion": "w"},
            "w": {"type": "while-condition", "name": "Seen?", "condition": "still seen",
                  "on_true": "a", "on_success": "p"},
            "a": {"type": "action", "name": "x" * 60, "agent": "soc", "timeout": 60_000,
                  "commands": [{"type": "manual", "command": "Look"}], "on_completion": "w"},
            "p": {"type": "parallel", "next_steps": ["b", "c"], "on_completion": "e"},
            "b": {"type": "switch-condition", "switch": "__v__", "cases": {"high": "e"},
                  "on_success": "e", "on_failure": "e"},
            "c": {"type": "action", "name": "C", "on_completion": "e"},
            "e": {"type": "end"},
        },
    }  # fmt: skip


def test_each_step_stands_below_those_that_lead_to_it() -> None:
    picture = lay_out(branching())
    boxes = {one.key: one for one in picture.boxes}
    assert boxes["s"].y < boxes["w"].y < boxes["a"].y
    assert boxes["w"].y < boxes["p"].y < boxes["b"].y == boxes["c"].y < boxes["e"].y
    assert boxes["b"].x != boxes["c"].x
    assert (boxes["a"].title[-1], boxes["a"].about) == ("…", "SOC · 1\N{NO-BREAK SPACE}min")
    assert [way.is_back for way in picture.ways].count(True) == 1
    assert {way.label for way in picture.ways} == {"", "yes", "high", "fails"}
    for box in picture.boxes:
        assert 0 < box.x < picture.width - 300
        assert 0 < box.y < picture.height - 46


def test_the_table_has_every_step_but_start_and_end() -> None:
    rows = table(branching())
    assert {row.title for row in rows} == {"Seen?", "x" * 60, "Parallel", "Switch condition", "C"}
    assert next(row.text for row in rows if row.title == "Seen?") == ("still seen",)


def test_a_checklist_is_one_column() -> None:
    text = "# Start the press\n\n- Look at it\n- Start it\n- Listen\n"
    data = checklist.convert(text, name="press", roles=("SOC",), at=NOW)
    picture = lay_out(document.load(data))
    assert len({one.x for one in picture.boxes}) == 1
    assert picture.left_out == 0


def test_the_largest_playbook_of_the_corpus_is_drawn() -> None:
    (path,) = shared("incidents/cacao").glob("casp-*")
    picture = lay_out(document.load(path.read_bytes()))
    assert len(picture.boxes) == 55


def test_what_finds_no_room_is_counted() -> None:
    many = {f"a{n}": {"type": "action", "on_completion": f"a{n + 1}"} for n in range(MOST + 9)}
    picture = lay_out({"workflow_start": "a0", "workflow": many})
    assert (len(picture.boxes), picture.left_out) == (MOST, 9)


def test_nothing_is_an_empty_picture() -> None:
    assert lay_out({}).boxes == []
