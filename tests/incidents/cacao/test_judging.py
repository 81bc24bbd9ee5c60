import csv
import json
from pathlib import Path

import jsonschema_rs
import pytest

from incidents.cacao.faults import Level
from incidents.cacao.judging import Outcome, judge
from incidents.runbooks.core import CoreRunbook
from incidents.runbooks.core import document as shipped
from tests.incidents.cacao.test_reader import END, FIRST, SECOND, a_playbook, an_id, written
from tests.shared import ROOT, shared

# What the manifest says of a document, and our name for the rule.
RULES = {
    "constant variable may not be an out_arg": "constant",
    "timestamp RFC3339 with Z": "timestamp",
    "variable names wear __ __": "variable",
    "on_completion excludes on_success/on_failure": "completion",
    "agent must be in agent_definitions": "agent",
    "every step ID referenced must exist in workflow": "dangling",
    "end MUST NOT use on_completion": "end",
    "unknown spec_version": "spec-version",
    "step id prefix equals step type": "id-type",
    "modified >= created": "modified",
    "timeout >= 0": "range",
    "at least one end step; reference dangles": "start-end",
    "next_steps needs two or more": "parallel",
    "priority 0..100": "range",
    "loops only through while-condition": "cycle",
    "workflow_start must reference the start step": "start",
    "workflow-not-dict": "workflow",
    "dangling-agent": "agent",
    "undefined-var": "undefined-variable",
    "cycle": "cycle",
    "no-end": "start-end",
    "start-count:0": "start-end",
    "workflow_exception-dangling": "dangling",
    "workflow_start-not-start": "start",
    "dangling-step-ref": "dangling",
    "unreachable:1": "unreachable",
}
FOLDER = ROOT / "incidents"


def listed():
    manifest = FOLDER / "MANIFEST.csv"
    if not manifest.exists():
        return []
    with manifest.open(encoding="utf-8", newline="") as lines:
        return [one for one in csv.DictReader(lines) if one["file"].startswith("cacao/")]


def broken(note):
    """Return our names of the rules that the note says are broken."""
    if note.startswith("one rule broken: "):
        return {RULES[note.removeprefix("one rule broken: ")]}
    return {RULES[word] for word in note.partition("breaks: ")[2].split()}


def at(content, pointer):
    """Resolve a JSON pointer as far as it leads; the last part may be missing."""
    parts = [one.replace("~1", "/").replace("~0", "~") for one in pointer.split("/")[1:]]
    for place, part in enumerate(parts):
        holder = content[int(part)] if isinstance(content, list) else content.get(part)
        if holder is None:
            assert place == len(parts) - 1, pointer
        content = holder
    return content


def test_the_corpus_is_whole():
    shared("incidents/cacao")
    assert len(listed()) == 34


@pytest.mark.parametrize("row", listed(), ids=lambda row: Path(row["file"]).stem)
def test_every_document_of_the_corpus_gets_its_verdict(row):
    data = (FOLDER / row["file"]).read_bytes()
    verdict = judge(data)
    assert verdict.sha256 == row["sha256"]
    expected = row["expected"]
    if expected == "reject":
        assert not verdict.is_accepted
    else:
        assert verdict.outcome == expected.removesuffix("-roundtrip")
    assert broken(row["note"]) <= {one.rule for one in verdict.findings}
    if row["note"].startswith("one rule broken"):
        assert verdict.fault.rule in broken(row["note"])
    for finding in verdict.findings:
        at(json.loads(data), finding.pointer)


def schema():
    folder = shared("incidents/cacao-schemas")
    found = {
        one["$id"]: one
        for one in (json.loads(path.read_bytes()) for path in folder.rglob("*.json"))
    }
    (top,) = (one for key, one in found.items() if key.endswith("/playbook.json"))
    registry = jsonschema_rs.Registry(list(found.items()))
    return jsonschema_rs.Draft7Validator(top, registry=registry)


def test_what_the_published_schemas_refuse_is_a_fault_of_form():
    """The schemas of OASIS are the oracle; they miss what stands in no schema."""
    oracle = schema()
    for row in listed():
        data = (FOLDER / row["file"]).read_bytes()
        if not oracle.is_valid(json.loads(data)):
            assert judge(data).outcome == Outcome.REJECT_SCHEMA, row["file"]


@pytest.mark.parametrize("runbook", list(CoreRunbook))
def test_the_shipped_runbooks_are_accepted_by_us_and_by_the_published_schemas(runbook):
    verdict = judge(shipped(runbook))
    assert (verdict.outcome, verdict.findings) == (Outcome.ACCEPT, ())
    assert schema().is_valid(json.loads(shipped(runbook)))


def rules(playbook):
    return [(one.rule, one.pointer) for one in judge(written(playbook)).findings]


IF, LOOP, SWITCH = (
    an_id("if-condition", 8),
    an_id("while-condition", 8),
    an_id("switch-condition", 8),
)


def with_step(key, **step):
    playbook = a_playbook()
    playbook["workflow"][FIRST]["on_completion"] = key
    playbook["workflow"][key] = {"type": key.partition("--")[0], "on_completion": SECOND, **step}
    return playbook


def test_a_condition_that_no_machine_decides_is_noted_and_taken():
    playbook = with_step(IF, condition="Operator input to proceed", on_true=END)
    verdict = judge(written(playbook))
    assert verdict.outcome == Outcome.ACCEPT
    (note,) = verdict.findings
    assert (note.rule, note.pointer) == ("condition", f"/workflow/{IF}/condition")
    assert note.level is Level.NOTE
    assert "a person decides" in note.message


def test_a_condition_is_decided_over_variables_that_are_defined():
    playbook = with_step(IF, condition="__seen__:value = true", on_true=END)
    assert rules(playbook) == [("undefined-variable", f"/workflow/{IF}/condition")]
    playbook["playbook_variables"] = {"__seen__": {"type": "bool", "value": None}}
    assert rules(playbook) == []


def test_a_variable_of_a_step_holds_in_its_branches_and_not_after_it():
    variables = {"__round__": {"type": "integer", "value": "0"}}
    playbook = with_step(
        LOOP, condition="__round__:value < 3", on_true=an_id("action", 9), step_variables=variables
    )
    body = {**playbook["workflow"][SECOND], "on_completion": END}
    body["commands"] = [{"type": "manual", "command": "Round __round__:value"}]
    playbook["workflow"][an_id("action", 9)] = body
    assert rules(playbook) == []
    playbook["workflow"][SECOND]["commands"] = body["commands"]
    place = f"/workflow/{SECOND}/commands/0/command"
    assert rules(playbook) == [("undefined-variable", place)]


@pytest.mark.parametrize(
    ("playbook", "rule", "place"),
    [
        (with_step(IF, on_true=END), "text", f"/workflow/{IF}/condition"),
        (with_step(LOOP, condition="x"), "required", f"/workflow/{LOOP}/on_true"),
        (with_step(SWITCH, switch="__a__"), "cases", f"/workflow/{SWITCH}/cases"),
        (with_step(SWITCH, cases={"a": END}), "text", f"/workflow/{SWITCH}/switch"),
        (
            with_step(SWITCH, switch="a", cases={"a/b": FIRST}),
            "cycle",
            f"/workflow/{SWITCH}/cases/a~1b",
        ),
        (
            with_step(an_id("playbook-action", 8)),
            "identifier",
            f"/workflow/{an_id('playbook-action', 8)}/playbook_id",
        ),
        (
            with_step(an_id("parallel", 8), next_steps=[SECOND, SECOND]),
            "parallel",
            f"/workflow/{an_id('parallel', 8)}/next_steps",
        ),
    ],
)
def test_each_type_of_step_has_its_own_rules(playbook, rule, place):
    assert (rule, place) in rules(playbook)


def test_all_faults_are_told_at_once_and_faults_come_first():
    playbook = a_playbook()
    playbook["priority"] = 101
    playbook["workflow"][FIRST]["on_completion"] = END
    playbook["modified"] = "2026-01-14T08:00:00.000Z"
    assert rules(playbook) == [
        ("range", "/priority"),
        ("modified", "/modified"),
        ("unreachable", f"/workflow/{SECOND}"),
    ]


def test_a_secret_in_the_document_is_noted():
    playbook = a_playbook()
    key = an_id("http-basic", 9)
    playbook["authentication_info_definitions"] = {
        key: {"type": "http-basic", "username": "me", "password": "x"}
    }
    assert rules(playbook) == [("secret", f"/authentication_info_definitions/{key}/password")]
    playbook["authentication_info_definitions"][key]["password"] = "__pw__:value"
    assert rules(playbook) == []


def test_what_is_no_document_has_a_verdict_too():
    verdict = judge(b"{")
    assert (verdict.outcome, verdict.fault.rule, verdict.content) == ("reject-schema", "json", None)


@pytest.mark.parametrize("wrong", [None, 7, "x", [], {}, [{}], {"a": []}, True])
def test_anything_has_a_verdict(wrong):
    """Values of the wrong kind in the place of any property."""
    for name in list(a_playbook()):
        playbook = {**a_playbook(), name: wrong}
        assert judge(written(playbook)).sha256
    for key in (FIRST, END):
        for name in ("type", "name", "commands", "agent", "on_completion", "next_steps", "cases"):
            playbook = a_playbook()
            playbook["workflow"][key][name] = wrong
            assert judge(written(playbook)).sha256
