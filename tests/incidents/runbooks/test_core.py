import json
import re
from datetime import timedelta

import jsonschema_rs
import pytest

from incidents.cacao.parts import STEP_TYPES
from incidents.executors import acts, extension
from incidents.runbooks.core import CoreRunbook, document, playbook
from tests.shared import shared

ROLES = {
    "SOC",
    "IT",
    "Site operations",
    "Incident commander",
    "Scribe",
    "Privacy officer",
    "Partner liaison",
}


@pytest.fixture(scope="module")
def schema():
    """The published schemas as draft-07: a later draft refuses correct playbooks."""
    folder = shared("incidents/cacao-schemas")
    held = [json.loads(one.read_text(encoding="utf-8")) for one in folder.rglob("*.json")]
    registry = jsonschema_rs.Registry(
        [(one["$id"], one) for one in held], draft=jsonschema_rs.Draft7
    )
    root = next(one for one in held if one["$id"].endswith("/playbook.json"))
    return jsonschema_rs.Draft7Validator(root, registry=registry)


@pytest.mark.parametrize("runbook", list(CoreRunbook))
def test_the_published_schema_accepts_it(schema, runbook):
    assert [str(one) for one in schema.iter_errors(json.loads(document(runbook)))] == []


def test_the_schema_can_refuse(schema):
    broken = json.loads(document(CoreRunbook.DETECTION))
    broken["priority"] = 101
    first = next(key for key in broken["workflow"] if key.startswith("action--"))
    del broken["workflow"][first]["agent"]
    assert len(list(schema.iter_errors(broken))) == 2


@pytest.mark.parametrize("runbook", list(CoreRunbook))
def test_it_reads_as_a_checklist_for_the_shop_floor(runbook):
    found, written = playbook(runbook), json.loads(document(runbook))["workflow"]
    assert 7 <= len(found.steps) <= 13
    assert found.unreachable == ()
    assert found.labels == ("core", runbook.value)
    assert len({one.title for one in found.steps}) == len(found.steps)
    for step in found.steps:
        assert step.role in ROLES
        assert step.why.endswith(".")
        assert len(step.title) <= 50
        assert 60 <= len(step.commands[0].text) <= 400
        assert [one.type for one in step.commands] == ["manual"]
        is_act = extension.of(written[step.id]) != {}
        # What the product does itself has no deadline: it is done, or a person is asked.
        assert is_act or timedelta(minutes=5) <= step.expected <= timedelta(days=14)


@pytest.mark.parametrize("runbook", list(CoreRunbook))
def test_security_it_and_site_operations_all_have_their_part(runbook):
    roles = {one.role for one in playbook(runbook).steps}
    assert {"SOC", "Site operations", "Incident commander"} <= roles
    if runbook is not CoreRunbook.LEARNING:
        assert "IT" in roles


@pytest.mark.parametrize("runbook", list(CoreRunbook))
def test_its_words_are_calm(runbook):
    words = document(runbook).decode()
    assert not re.search(r"!|please|simply|successfully|\bASAP\b|—", words, re.IGNORECASE)


def test_all_step_types_are_in_use_and_acts_are_known():
    documents = [json.loads(document(one)) for one in CoreRunbook]
    steps = [step for one in documents for step in one["workflow"].values()]
    assert {step["type"] for step in steps} == set(STEP_TYPES)
    named = {
        said["act"] for step in steps for said in extension.of(step).get("commands", {}).values()
    }
    assert named == {"gather-facts", "notify", "isolate-partners"}
    assert named <= set(acts.acts.names())


def test_steps_that_are_referred_to_exist():
    for runbook in CoreRunbook:
        titles = {one.title for one in playbook(runbook).steps}
        for step in playbook(runbook).steps:
            for named in re.findall(r"step “([^”]+)”", step.commands[0].text):
                assert named in titles


def test_ids_are_not_shared_between_runbooks():
    found = [playbook(one) for one in CoreRunbook]
    assert len({one.id for one in found}) == 4
    steps = [step.id for one in found for step in one.steps]
    assert len(set(steps)) == len(steps)
