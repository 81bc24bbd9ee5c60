"""``manage.py policy``: every verb, for people and for machines, and its exit code."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from governance import access
from governance.models import Job, PolicyVersion
from governance.policy import content as files
from governance.queries import contents
from tests.builders.governance import NOW, a_member
from tests.builders.policy import ACT, LINE, RID, a_board_member, a_draft, submitted

pytestmark = pytest.mark.django_db


def policy(*words: str) -> str:
    out = StringIO()
    call_command("policy", *words, stdout=out)
    return out.getvalue()


def told(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(policy(*words, "--json"))
    return found


def test_lint_fails_on_errors_and_still_answers_a_machine() -> None:
    assert told("lint")["errors"] == 0
    bad = LINE.cells() | {"act": "governance:job:burn"}
    version = a_draft(a_board_member(), files.line_of(bad), tests="")
    out = StringIO()
    with pytest.raises(CommandError, match="errors"):
        call_command("policy", "lint", str(version.number), "--json", stdout=out)
    assert json.loads(out.getvalue())["findings"][0]["code"] == "unknown_act"


def test_diff_says_what_differs_and_who_gains() -> None:
    auditor = a_member("auditor").as_actor()
    version = submitted(a_board_member())
    text = policy("diff", str(version.number))
    assert f"added: {RID}" in text
    assert f"{auditor.ref} gains {ACT} at *" in text
    found = told("diff", str(version.number))
    assert found["rules"][0]["new"] == LINE.cells()
    assert found["effects"][0]["direction"] == "gains"


def test_tests_are_run_from_the_policy_or_a_file(tmp_path: Path) -> None:
    assert told("test")["coverage"] == 1.0
    own = tmp_path / "own.yaml"
    own.write_text(
        "subjects: {a: {roles: {auditor: '*'}}}\n"
        f"tests: [{{when: {{act: '{ACT}', type: governance.job}}, then: {{permit: [a]}}}}]"
    )
    with pytest.raises(CommandError, match="tests fail"):
        policy("test", str(own))
    version = submitted(a_board_member())
    assert "0 wrong" in policy("test", str(own), "--policy", str(version.number))
    own.write_text("tests: [")
    with pytest.raises(CommandError, match="not YAML"):
        policy("test", str(own))


def test_a_candidate_is_replayed() -> None:
    access.ask(a_member("auditor").as_actor(), ACT, Job(), at=NOW)
    version = submitted(a_board_member())
    found = told("replay", str(version.number), "--since", "2020-01-01")
    assert found["gains"]["total"] == 1
    assert found["loses"]["total"] == 0
    assert "1 would be permitted" in policy("replay", str(version.number), "--since", "2020-01-01")
    with pytest.raises(CommandError, match="no instant"):
        policy("replay", "head", "--since", "yesterday")


def test_what_is_exported_comes_in_as_a_draft(tmp_path: Path) -> None:
    version = submitted(a_board_member())
    for ending in ("json", "csv"):
        file = tmp_path / f"policy.{ending}"
        policy("export", str(file), "--policy", str(version.number))
        found = told("import", str(file), "--reason", "from elsewhere")
        draft = PolicyVersion.objects.get(number=found["number"])
        assert (draft.state, draft.content_sha256) == ("draft", version.content_sha256)
        assert contents.content(draft).lines == contents.content(version).lines
    assert json.loads(policy("export", "-"))["format"] == files.FORMAT
    assert told("show", str(version.number))["state"] == "in_review"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rid,sub\n", "no rule"),
        ("rid,sub\na,b\n", "rule 1"),
        ("{}", "not a policy"),
        ("\xff", "utf-8"),
    ],
)
def test_a_file_that_is_no_policy_changes_nothing(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "policy.csv"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(CommandError, match=says):
        policy("import", str(file), "--reason", "r")
    with pytest.raises(CommandError, match="no policy version"):
        policy("show", "99999")
    assert PolicyVersion.objects.count() == 1
