"""Published policy versions held against their signatures and against the audit log.

Written in SQL, since two read it: whoever verifies, and the sequencer under its own role.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import connection

from governance.permissions import Act
from governance.policy.casbin_policy import Rule, content_sha256
from governance.policy.statement import Statement, digest
from governance.tlog.notes import NoteError, Verifier, parse_note, verify_note

Rows = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]
"""Runs one statement and returns its rows."""

# What is in force counts too, whatever its state says.
_VERSIONS = """
SELECT v.id, v.model_conf, v.tests, s.note, v.number, v.content_sha256, p.number,
       p.content_sha256, r.number, v.author, v.note, v.created_at, v.decided_by, v.decided_at,
       v.decision_reason, v.published_by, v.published_at
FROM governance_policyversion v
LEFT JOIN governance_policyversion p ON p.id = v.parent_id
LEFT JOIN governance_policyversion r ON r.id = v.restores_id
LEFT JOIN audit_policy_signature s ON s.version_id = v.id
WHERE (v.published_at IS NOT NULL OR s.id IS NOT NULL
       OR v.id IN (SELECT version_id FROM governance_policyhead))
"""
_UNSIGNED = f"{_VERSIONS} AND s.id IS NULL ORDER BY v.number"
_ALL = f"{_VERSIONS} ORDER BY v.number"
_ONE = f"{_VERSIONS} AND v.id = %s"
_RULES = """
SELECT sub, dom, rtype, act, cond, eft, rid, obligations, is_overridable
FROM governance_policyrule WHERE version_id = %s ORDER BY ordinal
"""
_PUBLISHED = """
SELECT e.object, e.body FROM audit_event e
WHERE e.act = %s AND e.outcome = 'ok' ORDER BY e.id
"""
_PLACED = """
SELECT e.body FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id
WHERE e.object = %s AND e.act = %s AND e.outcome = 'ok' ORDER BY e.id DESC LIMIT 1
"""
_HEAD = "SELECT version_id FROM governance_policyhead"
_KEYS = "SELECT DISTINCT vkey FROM audit_key"
_REF = "governance.policyversion:"


class Fault(StrEnum):
    """What is wrong with a version; codes of ``policy verify``."""

    CONTENT = "content_changed"
    UNSIGNED = "unsigned"
    SIGNATURE = "signature_does_not_hold"
    LOG = "log_says_otherwise"
    GONE = "version_gone"
    HEAD = "head_moved"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of the version ``number``; 0 where no version is left to name."""

    number: int
    fault: Fault
    text: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version as it stands now: what its rows give, what they state, and what was signed."""

    id: int
    statement: Statement
    actual_sha256: str
    note: str | None

    @property
    def ref(self) -> str:
        return f"{_REF}{self.id}"

    @property
    def is_whole(self) -> bool:
        """Whether model and rules give the digest that the version states."""
        return self.actual_sha256 == self.statement.content_sha256


@dataclass(frozen=True, slots=True)
class Report:
    """All published versions that were looked at, and what is wrong."""

    versions: int
    findings: tuple[Finding, ...]
    keys: tuple[str, ...]


def unsigned(run: Rows) -> Iterator[Version]:
    """Return the published versions without a signature, oldest first."""
    return (_version(run, row) for row in run(_UNSIGNED, ()))


def logged_sha256(run: Rows, version: Version) -> str | None:
    """Return the digest under which the log, in its tree, says ``version`` was published."""
    rows = run(_PLACED, (version.ref, str(Act.POLICY_PUBLISH)))
    return _sha256(rows[0][0]) if rows else None


def check(pk: int) -> tuple[Finding, ...]:
    """Return what is wrong with one published version; nothing for a good one."""
    rows = _run(_ONE, (pk,))
    verifiers = _verifiers(())
    return tuple(_faults(_version(_run, rows[0]), verifiers)) if rows else ()


def verify(vkeys: Sequence[str] = ()) -> Report:
    """Hold every published version against its rules, its signature and the audit log.

    Args:
        vkeys: verifier keys that the caller holds; without any, all that the log ever used.

    Raises:
        NoteError: one of ``vkeys`` is no verifier key.
    """
    verifiers = _verifiers(vkeys)
    versions = [_version(_run, row) for row in _run(_ALL, ())]
    findings = [fault for version in versions for fault in _faults(version, verifiers)]
    findings += _against_log(versions)
    return Report(len(versions), tuple(findings), tuple(one.vkey for one in verifiers))


def _faults(version: Version, verifiers: Sequence[Verifier]) -> Iterator[Finding]:
    number = version.statement.number
    if not version.is_whole:
        yield Finding(
            number, Fault.CONTENT, f"its rules give {version.actual_sha256}, not what it states"
        )
    if version.note is None:
        yield Finding(
            number,
            Fault.UNSIGNED,
            "no signature: manage.py audit_sequencer signs it, within seconds where it runs",
        )
        return
    try:
        note = parse_note(version.note)
        verify_note(note, verifiers)
    except NoteError as error:
        yield Finding(number, Fault.SIGNATURE, str(error))
        return
    if note.text != version.statement.text(settings.AUDIT_ORIGIN):
        told = ", ".join(_differing(note.text, version.statement)) or "another log"
        yield Finding(number, Fault.SIGNATURE, f"something else was signed: {told}")


def _differing(text: str, statement: Statement) -> list[str]:
    """Name the facts that are others now than were signed."""
    was = _facts(text)
    now = _facts(statement.text(settings.AUDIT_ORIGIN))
    return sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))


def _facts(text: str) -> dict[str, object]:
    try:
        found = json.loads(text.partition("\n")[2])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _against_log(versions: Sequence[Version]) -> Iterator[Finding]:
    """Hold what stands against what the log says was published, and in which order."""
    known = {version.ref: version for version in versions}
    last: dict[str, str | None] = {}
    for ref, body in _run(_PUBLISHED, (str(Act.POLICY_PUBLISH),)):
        last.pop(ref, None)
        last[ref] = _sha256(body)
    for ref, sha256 in last.items():
        version = known.pop(ref, None)
        if version is None:
            yield Finding(0, Fault.GONE, f"{ref} was published and is here no more")
        elif sha256 != version.statement.content_sha256:
            yield Finding(version.statement.number, Fault.LOG, f"the log says {sha256}")
    for version in known.values():
        yield Finding(version.statement.number, Fault.LOG, "the log does not say it was published")
    heads = [f"{_REF}{key}" for (key,) in _run(_HEAD, ()) if key is not None]
    newest = list(last)[-1:]
    if heads != newest:
        stated = f"{''.join(heads) or 'nothing'} is in force"
        yield Finding(0, Fault.HEAD, f"{stated}, last published was {''.join(newest) or 'nothing'}")


def _version(run: Rows, row: tuple[Any, ...]) -> Version:
    pk, model_conf, tests, note, *said = row
    number, sha256, parent, parent_sha256, restores, author, reason, created_at, *ends = said
    approved_by, approved_at, approval_reason, published_by, published_at = ends
    rules = run(_RULES, (pk,))
    statement = Statement(
        number=number,
        content_sha256=sha256,
        tests_sha256=digest([tests]),
        overridable_sha256=digest(rule[6] for rule in rules if rule[8]),
        parent=parent,
        parent_sha256=parent_sha256 or "",
        restores=restores,
        author=author,
        reason=reason,
        created_at=created_at,
        approved_by=approved_by,
        approved_at=approved_at,
        approval_reason=approval_reason,
        published_by=published_by,
        published_at=published_at,
    )
    actual = content_sha256(model_conf, [Rule(*rule[:8]) for rule in rules])
    return Version(pk, statement, actual, note)


def _verifiers(vkeys: Iterable[str]) -> list[Verifier]:
    wanted = list(vkeys)
    if wanted:
        return [Verifier(vkey) for vkey in wanted]
    found = []
    for (vkey,) in _run(_KEYS, ()):
        try:
            found.append(Verifier(vkey))
        except NoteError:
            # Counted where the log is verified (``heads.Trust``); it vouches for nothing here.
            continue
    return found


def _sha256(body: str | None) -> str | None:
    found = json.loads(body or "{}").get("sha256")
    return str(found) if found else None


def _run(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
