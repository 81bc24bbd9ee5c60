"""Policies for tests: drafts on top of the baseline, and people to carry them through."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from governance import boundary
from governance.actions import drafting, policy, reviewing
from governance.domain import actor as actors
from governance.domain.actor import Actor
from governance.models import PolicyVersion
from governance.policy.casbin_policy import Rule
from governance.policy.content import Line
from governance.queries import contents
from tests.builders.governance import NOW, a_member

TYPE, ACT = "governance.job", "governance:job:retry"
RID = "auditor/governance:job:retry"
LINE = Line(Rule("auditor", "*", TYPE, ACT, "True", "allow", RID))
"""What auditors may not do by the baseline."""
A_JOB: dict[str, Any] = {"kind": "k", "key": "k", "actor": "a", "due_at": NOW}


def a_board_member(name: str = "Ana Ruiz") -> Actor:
    return a_member("board_member", name=name).as_actor(has_mfa=True)


def a_draft(by: Actor, *lines: Line, at: datetime = NOW, tests: str | None = None) -> PolicyVersion:
    """Return a draft with ``lines`` on top of the policy in force, its tests following along."""
    with boundary.acting(by, at=at):
        version = drafting.begin(by=by, at=at, reason="auditors may restart a job")
        for line in lines:
            drafting.put_rule(version, line, by=by, at=at)
        if tests is None:
            tests = version.tests
            for line in lines:
                tests = permitting(tests, line)
        if tests != version.tests:
            drafting.set_tests(version, tests, by=by, at=at)
    version.refresh_from_db()
    return version


def permitting(tests: str, line: Line) -> str:
    """Return ``tests`` with the role of ``line`` among those whom its act is permitted to."""
    head, act, tail = tests.partition(f"name: {line.rule.act}\n")
    assert act, line
    return head + act + tail.replace("permit: [", f"permit: [{line.rule.sub}, ", 1)


def submitted(by: Actor, *lines: Line, at: datetime = NOW) -> PolicyVersion:
    version = a_draft(by, *(lines or (LINE,)), at=at)
    with boundary.acting(by, at=at):
        return drafting.submit(version, by=by, at=at)


def approved(by: Actor, other: Actor, *lines: Line, at: datetime = NOW) -> PolicyVersion:
    version = submitted(by, *lines, at=at)
    with boundary.acting(other, at=at):
        return reviewing.approve(
            version, by=other, at=at, reason="read it", sha256=version.content_sha256
        )


def lay_condition(cond: str) -> PolicyVersion:
    """Put a policy in force by which auditors may do ``ACT`` where ``cond`` holds; no lint asks."""
    head, by = contents.head(), actors.service("operator")
    assert head is not None
    content = contents.content(head)
    line = Line(replace(LINE.rule, cond=cond))
    with boundary.acting(by, at=NOW):
        return policy.lay(content.with_lines([*content.lines, line]), by=by, at=NOW, note="test")


def rolled_back(by: Actor, other: Actor, *, at: datetime = NOW) -> PolicyVersion:
    """Let ``by`` bring the policy in force back after ``other`` and they replaced it."""
    old = contents.head()
    assert old is not None
    published(by, other, at=at)
    with boundary.acting(by, at=at):
        back = reviewing.roll_back(old, by=by, at=at, reason="auditors restart too much")
    with boundary.acting(other, at=at):
        reviewing.approve(back, by=other, at=at, reason="agreed", sha256=back.content_sha256)
        return policy.publish(back, by=other, at=at)


def published(by: Actor, other: Actor, *lines: Line, at: datetime = NOW) -> PolicyVersion:
    version = approved(by, other, *lines, at=at)
    with boundary.acting(other, at=at):
        return policy.publish(version, by=other, at=at)
