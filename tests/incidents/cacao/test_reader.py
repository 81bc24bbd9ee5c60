import base64
import contextlib
import copy
import hashlib
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.cacao.faults import Invalid, PlaybookError
from incidents.cacao.reader import Command, read
from incidents.runbooks.core import CoreRunbook, document


def an_id(kind, number):
    return f"{kind}--{number:08d}-1111-4111-8111-111111111111"


START, FIRST, SECOND, END = (
    an_id("start", 1),
    an_id("action", 2),
    an_id("action", 3),
    an_id("end", 4),
)
AGENT = an_id("group", 5)


def a_playbook():
    def action(name, following):
        return {
            "type": "action",
            "name": name,
            "description": "because",
            "timeout": 60_000,
            "commands": [{"type": "manual", "command": f"{name} now"}],
            "agent": AGENT,
            "on_completion": following,
        }

    return {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": an_id("playbook", 6),
        "name": "Two steps",
        "created_by": an_id("identity", 7),
        "created": "2026-01-15T08:00:00.000Z",
        "modified": "2026-01-15T08:00:00.000Z",
        "labels": ["core"],
        "workflow_start": START,
        "workflow": {
            START: {"type": "start", "on_completion": FIRST},
            FIRST: action("Look", SECOND),
            SECOND: action("Act", END),
            END: {"type": "end"},
        },
        "agent_definitions": {AGENT: {"type": "group", "name": "SOC"}},
    }


def written(playbook):
    return json.dumps(playbook).encode()


def test_a_playbook_is_read_in_walking_order():
    data = written(a_playbook())
    found = read(data)
    assert [(one.number, one.id, one.title) for one in found.steps] == [
        (1, FIRST, "Look"),
        (2, SECOND, "Act"),
    ]
    one = found.steps[0]
    assert (one.why, one.role, one.expected) == ("because", "SOC", timedelta(minutes=1))
    assert one.commands == (Command("manual", "Look now"),)
    assert (found.name, found.labels, found.unreachable) == ("Two steps", ("core",), ())
    assert found.sha256 == hashlib.sha256(data).hexdigest()


def test_a_step_of_another_executor_becomes_a_card():
    playbook = a_playbook()
    secret = base64.b64encode(b"net stop spooler").decode()
    playbook["workflow"][FIRST]["commands"] = [{"type": "powershell", "command_b64": secret}]
    assert read(written(playbook)).steps[0].commands == (Command("powershell", "net stop spooler"),)


def test_steps_off_the_way_are_named():
    playbook = a_playbook()
    playbook["workflow"][FIRST]["on_completion"] = END
    assert read(written(playbook)).unreachable == (SECOND,)


def broken(**changes):
    def change(playbook):
        playbook.update(changes)

    return change


def step(key, **changes):
    def change(playbook):
        playbook["workflow"][key].update(changes)

    return change


def without(key, name):
    def change(playbook):
        del playbook["workflow"][key][name]

    return change


def renamed_step(playbook):
    playbook["workflow"]["nonsense"] = {"type": "nonsense"}


def second_start(playbook):
    playbook["workflow"][an_id("start", 8)] = {"type": "start", "on_completion": END}


ALONE = {"type": "parallel", "next_steps": [END], "on_completion": END}


@pytest.mark.parametrize(
    ("change", "rule", "pointer"),
    [
        (broken(type="bundle"), "type", "/type"),
        (broken(spec_version="cacao-1.1"), "spec-version", "/spec_version"),
        (broken(id="playbook--1"), "identifier", "/id"),
        (broken(created_by=an_id("playbook", 1)), "identifier", "/created_by"),
        (broken(name=" "), "text", "/name"),
        (broken(name="a\x00b"), "text", "/name"),
        (broken(created="2026-02-31T08:00:00.000Z"), "timestamp", "/created"),
        (broken(modified="2026-01-15T08:00:00.000"), "timestamp", "/modified"),
        (broken(modified="2026-01-14T08:00:00.000Z"), "modified", "/modified"),
        (broken(priority=101), "range", "/priority"),
        (broken(priority=True), "range", "/priority"),
        (broken(labels="core"), "list", "/labels"),
        (broken(workflow=[]), "workflow", "/workflow"),
        (broken(workflow_start=END), "start", "/workflow_start"),
        (broken(workflow_start=an_id("start", 9)), "dangling", "/workflow_start"),
        (broken(workflow_exception=["x"]), "dangling", "/workflow_exception"),
        (broken(playbook_variables={"ip": {}}), "variable", "/playbook_variables/ip"),
        (renamed_step, "identifier", "/workflow/nonsense"),
        (second_start, "start-end", "/workflow"),
        (step(FIRST, type="end"), "id-type", f"/workflow/{FIRST}/type"),
        (step(FIRST, on_success=END), "completion", f"/workflow/{FIRST}/on_completion"),
        (without(FIRST, "on_completion"), "successor", f"/workflow/{FIRST}"),
        (step(END, on_completion=FIRST), "end", f"/workflow/{END}/on_completion"),
        (step(SECOND, on_completion=FIRST), "cycle", f"/workflow/{SECOND}/on_completion"),
        (step(FIRST, on_completion=["x"]), "dangling", f"/workflow/{FIRST}/on_completion"),
        (step(FIRST, timeout=-1), "range", f"/workflow/{FIRST}/timeout"),
        (step(FIRST, delay=1.5), "range", f"/workflow/{FIRST}/delay"),
        (step(FIRST, commands=[]), "commands", f"/workflow/{FIRST}/commands"),
        (step(FIRST, commands=["x"]), "commands", f"/workflow/{FIRST}/commands/0"),
        (
            step(FIRST, commands=[{"type": "http-api"}]),
            "text",
            f"/workflow/{FIRST}/commands/0/command",
        ),
        (step(FIRST, agent={}), "agent", f"/workflow/{FIRST}/agent"),
        (step(FIRST, targets=[AGENT]), "target", f"/workflow/{FIRST}/targets/0"),
        (step(FIRST, out_args=7), "list", f"/workflow/{FIRST}/out_args"),
    ],
)
def test_a_broken_rule_is_named_with_its_place(change, rule, pointer):
    playbook = a_playbook()
    change(playbook)
    with pytest.raises(Invalid) as refused:
        read(written(playbook))
    assert (refused.value.rule, refused.value.pointer) == (rule, pointer)


def test_what_lies_in_branches_comes_before_what_follows_them():
    playbook = a_playbook()
    both, third = an_id("parallel", 8), an_id("action", 9)
    playbook["workflow"][third] = {
        **playbook["workflow"][SECOND],
        "name": "Clean up",
        "on_completion": END,
    }
    playbook["workflow"][FIRST]["on_completion"] = END
    playbook["workflow"][both] = {
        "type": "parallel",
        "next_steps": [SECOND, FIRST],
        "on_success": third,
    }
    playbook["workflow"][START]["on_completion"] = both
    found = read(written(playbook))
    assert [one.title for one in found.steps] == ["Act", "Look", "Clean up"]
    assert [one.number for one in found.steps] == [1, 2, 3]


def test_only_the_body_of_a_while_leads_back():
    loop = an_id("while-condition", 8)
    playbook = a_playbook()
    playbook["workflow"][loop] = {
        "type": "while-condition",
        "condition": "the indicator is still seen",
        "on_true": FIRST,
        "on_success": END,
    }
    playbook["workflow"][SECOND]["on_completion"] = loop
    assert [one.title for one in read(written(playbook)).steps] == ["Look", "Act"]
    playbook["workflow"][loop] |= {"on_true": END, "on_success": FIRST}
    with pytest.raises(Invalid, match="leads back"):
        read(written(playbook))


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "json"),
        (b"\x00\xff\xfe", "json"),
        (b"[]", "object"),
        (b"{", "json"),
        (b'{"a": NaN}', "json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "json"),
        (b"[" * 100_000, "depth"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "depth"),
        (b" " * (5 * 1024 * 1024), "size"),
    ],
)
def test_what_is_no_document_is_refused(data, rule):
    with pytest.raises(Invalid) as refused:
        read(data)
    assert refused.value.rule == rule


def test_a_key_that_stands_twice_is_refused_with_its_place():
    data = written(a_playbook()).replace(b'"name": "SOC"', b'"name": "SOC", "name": "IT"')
    with pytest.raises(Invalid, match="twice") as refused:
        read(data)
    assert refused.value.pointer == f"/agent_definitions/{AGENT}/name"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([FIRST, END]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(one, (*path, key))


@given(st.data(), json_values)
def test_anything_anywhere_is_read_or_refused(data, value):
    playbook = copy.deepcopy(a_playbook())
    path = data.draw(st.sampled_from([one for one in places(playbook) if one]))
    holder = playbook
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    with contextlib.suppress(PlaybookError):
        assert len(read(written(playbook)).steps) <= 2


@pytest.mark.parametrize("runbook", list(CoreRunbook))
def test_the_shipped_runbooks_survive_truncation_without_a_crash(runbook):
    data = document(runbook)
    for cut in range(0, len(data) - 2, 997):
        with pytest.raises(Invalid):
            read(data[:cut])
