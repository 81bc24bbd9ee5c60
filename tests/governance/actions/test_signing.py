"""Published policies are signed by whoever keeps the key, and changes are found by anybody."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from governance import access, in_force
from governance.actions.signing import Signer
from governance.models import Alarm, Job, PolicySignature, PolicyVersion
from governance.permissions import Act
from governance.policy.casbin_policy import Rule
from governance.policy.content import Line
from governance.queries import contents, policy_signatures
from governance.queries.policy_signatures import Fault
from governance.tlog import keys
from governance.tlog.notes import Verifier, parse_note, verify_note
from tests.builders import signed, signin
from tests.builders.governance import NOW, a_member
from tests.builders.policy import ACT, RID, TYPE, a_board_member, a_draft, approved, published

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
VERSION, RULE = "governance_policyversion", "governance_policyrule"
SIGNATURE, HEAD = "audit_policy_signature", "governance_policyhead"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    signed.a_key(tmp_path / "log.key", NOW)
    return tmp_path / "log.key"


@pytest.fixture
def version(key_file: Path) -> PolicyVersion:
    """The second published version, signed like the first."""
    made = published(a_board_member("Ana Ruiz"), a_board_member("Ben Okafor"))
    assert signed.sign(key_file, NOW) == 2
    return made


def faults(*vkeys: str) -> list[tuple[int, Fault]]:
    return [(one.number, one.fault) for one in policy_signatures.verify(vkeys).findings]


def told(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("policy", *words, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_what_is_published_is_signed_with_who_and_why(version: PolicyVersion) -> None:
    assert faults() == []
    assert version.parent is not None
    note = parse_note(PolicySignature.objects.get(version=version).note)
    title, facts, _ = note.text.split("\n")
    assert title.startswith("wardroom policy version of ")
    said = json.loads(facts)
    assert said["content_sha256"] == version.content_sha256
    assert (said["number"], said["parent"]) == (version.number, version.parent.number)
    assert (said["author"], said["reason"]) == (version.author, version.note)
    assert (said["approved_by"], said["approval_reason"]) == (version.decided_by, "read it")
    assert (said["published_by"], said["published_at"][:10]) == (version.published_by, "2026-11-17")


def test_what_is_not_published_is_not_signed(version: PolicyVersion, key_file: Path) -> None:
    ana, ben = a_board_member("Ana"), a_board_member("Ben")
    a_draft(ana)
    approved(ana, ben)
    assert signed.sign(key_file, NOW) == 0


EDITS = [
    (RULE, "UPDATE {table} SET act = '*' WHERE version_id = {pk} AND ordinal = 0", Fault.CONTENT),
    (RULE, "DELETE FROM {table} WHERE version_id = {pk} AND ordinal = 0", Fault.CONTENT),
    (RULE, "UPDATE {table} SET is_overridable = true WHERE version_id = {pk}", Fault.SIGNATURE),
    (VERSION, "UPDATE {table} SET model_conf = model_conf || ' ' WHERE id = {pk}", Fault.CONTENT),
    (VERSION, "UPDATE {table} SET tests = '' WHERE id = {pk}", Fault.SIGNATURE),
    (VERSION, "UPDATE {table} SET author = 'user:eve' WHERE id = {pk}", Fault.SIGNATURE),
    (VERSION, "UPDATE {table} SET note = 'because' WHERE id = {pk}", Fault.SIGNATURE),
    (VERSION, "UPDATE {table} SET decided_by = 'user:eve' WHERE id = {pk}", Fault.SIGNATURE),
    (VERSION, "UPDATE {table} SET decision_reason = 'x' WHERE id = {pk}", Fault.SIGNATURE),
    (VERSION, "UPDATE {table} SET published_by = 'user:eve' WHERE id = {pk}", Fault.SIGNATURE),
    (
        VERSION,
        "UPDATE {table} SET published_at = published_at + interval '1 us' WHERE id = {pk}",
        Fault.SIGNATURE,
    ),
    (VERSION, "UPDATE {table} SET parent_id = NULL WHERE id = {pk}", Fault.SIGNATURE),
    (SIGNATURE, "DELETE FROM {table} WHERE version_id = {pk}", Fault.UNSIGNED),
    (
        SIGNATURE,
        "UPDATE {table} SET note = replace(note, 'user:', 'user;') WHERE version_id = {pk}",
        Fault.SIGNATURE,
    ),
]


@pytest.mark.parametrize(("table", "statement", "fault"), EDITS)
def test_what_who_owns_the_tables_edits_is_found(
    version: PolicyVersion, table: str, statement: str, fault: Fault
) -> None:
    signed.as_owner(table, statement.format(table=table, pk=version.pk))
    assert (version.number, fault) in faults()
    assert {number for number, _ in faults()} == {version.number}
    with pytest.raises(CommandError, match="a published version or a decision is faulty"):
        call_command("policy", "verify", stdout=StringIO())


def test_a_head_that_was_moved_back_is_found(version: PolicyVersion) -> None:
    signed.as_owner(
        "governance_policyhead",
        f"UPDATE governance_policyhead SET version_id = {version.parent_id}",
    )
    assert faults() == [(0, Fault.HEAD)]


def test_rules_rewritten_with_their_digest_are_found_and_not_signed_anew(
    version: PolicyVersion, key_file: Path
) -> None:
    """Whoever writes everything that a database holds still lacks the key and the log."""
    signed.as_owner(RULE, f"UPDATE {RULE} SET act = '*' WHERE version_id = {version.pk}")
    new = contents.content(version).sha256
    signed.as_owner(
        VERSION,
        f"UPDATE {VERSION} SET content_sha256 = '{new}', approved_sha256 = '{new}'"
        f" WHERE id = {version.pk}",
    )
    assert faults() == [(version.number, Fault.SIGNATURE), (version.number, Fault.LOG)]
    signed.as_owner(
        "audit_policy_signature",
        f"DELETE FROM audit_policy_signature WHERE version_id={version.pk}",
    )
    assert signed.sign(key_file, NOW) == 0
    assert Alarm.objects.get(ref=version.ref).kind == "tamper"
    assert faults() == [(version.number, Fault.UNSIGNED), (version.number, Fault.LOG)]


def test_a_published_version_that_vanished_is_found(version: PolicyVersion) -> None:
    signed.as_owner(
        "governance_policyhead",
        f"UPDATE governance_policyhead SET version_id = {version.parent_id}",
    )
    signed.as_owner(
        "audit_policy_signature",
        f"DELETE FROM audit_policy_signature WHERE version_id={version.pk}",
    )
    signed.as_owner(RULE, f"DELETE FROM {RULE} WHERE version_id = {version.pk}")
    signed.as_owner(VERSION, f"DELETE FROM {VERSION} WHERE id = {version.pk}")
    assert [fault for _, fault in faults()] == [Fault.GONE, Fault.HEAD]


def test_what_a_later_key_cannot_know_an_ended_one_still_vouches_for(
    version: PolicyVersion, key_file: Path
) -> None:
    (old,) = keys.load(key_file).vkeys
    new = signed.a_key(key_file, NOW)
    ana, ben = a_board_member("Ana"), a_board_member("Ben")
    other = Line(Rule("steward", "*", TYPE, ACT, "True", "allow", "steward/retry"))
    both = published(ana, ben, other)
    assert signed.sign(key_file, NOW) == 1
    note = parse_note(PolicySignature.objects.get(version=both).note)
    assert set(verify_note(note, [Verifier(old), Verifier(new)])) == {old, new}
    keys.end_oldest(key_file)
    assert faults() == []
    assert faults(old) == []
    assert (version.number, Fault.SIGNATURE) in faults(new)


def test_without_a_key_nothing_is_signed_and_everybody_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    version = contents.head()
    assert version is not None
    with pytest.raises(OSError, match=r"log\.key"):
        signed.sign(tmp_path / "log.key", NOW)
    assert connection.connection is not None
    turns = iter([False, True, True])
    signer = Signer(connection.connection, tmp_path / "log.key", origin="o")
    signer.run(until=lambda: next(turns))
    assert "log.key" in caplog.text
    assert (version.number, Fault.UNSIGNED) in faults()
    assert told("show")["signature"] == "missing"
    page = reverse("admin:governance_policyversion_change", args=[version.pk])
    assert "Not signed yet" in signin.proven(a_member("auditor")).get(page).content.decode()


def test_the_page_and_the_command_say_whether_the_signature_holds(version: PolicyVersion) -> None:
    client = signin.proven(a_member("auditor"))
    page = reverse("admin:governance_policyversion_change", args=[version.pk])
    assert "Signature holds" in client.get(page).content.decode()
    found = told("show", str(version.number))
    assert (found["signature"], found["faults"]) == ("holds", [])
    assert found["note"].startswith("wardroom policy version of ")
    assert told("verify")["findings"] == []
    signed.as_owner(VERSION, f"UPDATE {VERSION} SET author = 'user:eve' WHERE id={version.pk}")
    text = client.get(page).content.decode()
    assert "Signature does not hold" in text
    assert "something else was signed: author" in text
    assert told("show", str(version.number))["signature"] == "does not hold"
    with pytest.raises(CommandError, match="--vkey"):
        told("verify", "--vkey", "x")


def test_nobody_but_the_sequencer_writes_a_signature(version: PolicyVersion) -> None:
    for statement in (
        "DELETE FROM audit_policy_signature",
        "UPDATE audit_policy_signature SET note = ''",
        "INSERT INTO audit_policy_signature (version_id, note, at) VALUES (1, '', now())",
    ):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_no_process_takes_rules_in_force_that_are_not_those_published(
    version: PolicyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_force, "_states", {})
    auditor = a_member("auditor").as_actor()
    assert access.allows(auditor, Act.JOB_RETRY, Job(), at=NOW)
    signed.as_owner(RULE, f"UPDATE {RULE} SET cond = '1 == 1' WHERE rid = '{RID}'")
    assert access.allows(auditor, Act.JOB_RETRY, Job(), at=NOW), "held in memory as published"
    monkeypatch.setattr(in_force, "_states", {})
    with pytest.raises(in_force.PolicyAltered, match="not those that were published"):
        access.allows(auditor, Act.JOB_RETRY, Job(), at=NOW)
