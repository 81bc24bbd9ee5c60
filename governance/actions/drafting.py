"""Drafts of a policy: copied from the version in force, edited by their author, submitted."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from governance import audit
from governance.access import require
from governance.actions import policy
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict, NotFound, Refused
from governance.models import PolicyState, PolicyVersion
from governance.permissions import Act
from governance.policy import diff
from governance.policy.content import Content, Line
from governance.queries import contents, policy_checks

SHOWN = 5


class NotTheAuthor(Refused):
    """A draft is edited and submitted by its author alone: others copy it."""

    code = "not_the_author"


class NotReady(Refused):
    """Lint or tests say no; the detail lists the first of them."""

    code = "policy_not_ready"


@transaction.atomic
def begin(*, by: Actor, at: datetime, reason: str) -> PolicyVersion:
    """Copy the version in force as a draft of ``by``.

    Raises:
        NotAllowed: ``by`` may not draft.
        Refused: no reason is given.
        Conflict: no policy is in force.
    """
    head = policy.locked_head()
    if head.version is None:
        raise Conflict("no policy is in force that could be copied")
    return _draft(contents.content(head.version), head.version, by=by, at=at, reason=reason)


@transaction.atomic
def bring_in(content: Content, *, by: Actor, at: datetime, reason: str) -> PolicyVersion:
    """Take ``content`` of a file as a draft on top of the version in force.

    Raises:
        NotAllowed: ``by`` may not draft.
        Refused: no reason is given.
    """
    head = policy.locked_head()
    return _draft(content, head.version, by=by, at=at, reason=reason)


@transaction.atomic
def rebase(version: PolicyVersion, *, by: Actor, at: datetime) -> PolicyVersion:
    """Draft anew, on top of the version in force, what ``version`` changes of its parent.

    Raises:
        NotAllowed: ``by`` may not draft.
        Conflict: it has no parent, or both changed the same rule.
    """
    head = policy.locked_head()
    if version.parent is None or head.version is None:
        raise Conflict(f"{version} was drafted on nothing")
    mine, base = contents.content(version), contents.content(version.parent)
    theirs = contents.content(head.version)
    changes = diff.between(base, mine)
    moved = {change.rid: change for change in diff.between(base, theirs).rules}
    clashes = [
        change.rid
        for change in changes.rules
        if change.rid in moved and moved[change.rid].new != change.new
    ]
    if clashes:
        raise Conflict(f"changed in both: {', '.join(clashes[:SHOWN])}")
    new = {change.rid: change.new for change in changes.rules}
    lines = [new.pop(line.rid, line) for line in theirs.lines]
    merged = [line for line in [*lines, *new.values()] if line is not None]
    tests = mine.tests if changes.are_tests_changed else theirs.tests
    model = mine.model_conf if changes.is_model_changed else theirs.model_conf
    content = Content(model, tuple(merged), tests)
    return _draft(content, head.version, by=by, at=at, reason=version.note)


@transaction.atomic
def put_rule(version: PolicyVersion, line: Line, *, by: Actor, at: datetime) -> None:
    """Write ``line`` in place of the rule with its id, at the end if there is none.

    Raises:
        NotAllowed, NotTheAuthor: ``by`` may not edit it.
        Conflict: it is no draft any more.
    """

    def put(content: Content) -> Content:
        if all(each.rid != line.rid for each in content.lines):
            return content.with_lines([*content.lines, line])
        return content.with_lines(line if each.rid == line.rid else each for each in content.lines)

    _edit(version, put, by=by, at=at, rule=line.cells())


@transaction.atomic
def drop_rule(version: PolicyVersion, rid: str, *, by: Actor, at: datetime) -> None:
    """Take the rule ``rid`` out.

    Raises:
        NotAllowed, NotTheAuthor: ``by`` may not edit it.
        Conflict: it is no draft any more.
        NotFound: there is no such rule.
    """

    def drop(content: Content) -> Content:
        rest = [line for line in content.lines if line.rid != rid]
        if len(rest) == len(content.lines):
            raise NotFound(f"{version} has no rule {rid[:80]!r}")
        return content.with_lines(rest)

    _edit(version, drop, by=by, at=at, dropped=rid)


@transaction.atomic
def set_tests(version: PolicyVersion, text: str, *, by: Actor, at: datetime) -> None:
    """Replace the tests of the draft.

    Raises:
        NotAllowed, NotTheAuthor: ``by`` may not edit it.
        Conflict: it is no draft any more.
        BadInput: it holds a NUL.
    """
    if "\0" in text:
        raise BadInput("the tests hold a NUL", pointer="/tests")
    text = text.replace("\r\n", "\n")
    _edit(
        version,
        lambda content: Content(content.model_conf, content.lines, text),
        by=by,
        at=at,
        tests=len(text),
    )


@transaction.atomic
def submit(version: PolicyVersion, *, by: Actor, at: datetime) -> PolicyVersion:
    """Hand the draft over for review; from here on nothing of it changes.

    Raises:
        NotAllowed, NotTheAuthor: ``by`` may not submit it.
        Conflict: it is no draft any more, or changes nothing.
        NotReady: lint finds errors, a test fails, or a rule decides in no test.
    """
    version = own_draft(version, Act.POLICY_SUBMIT, by=by, at=at)
    content = contents.content(version)
    if version.parent and not diff.between(contents.content(version.parent), content):
        raise Conflict(f"{version} changes nothing of {version.parent}")
    hand_over(version, content, by=by, at=at)
    return version


def hand_over(version: PolicyVersion, content: Content, *, by: Actor, at: datetime) -> None:
    """Put a draft in review once its gates are green."""
    blocking = policy_checks.check(content, at=at).blocking
    if blocking:
        more = f"; and {len(blocking) - SHOWN} more" if len(blocking) > SHOWN else ""
        raise NotReady("; ".join(blocking[:SHOWN]) + more)
    done = PolicyVersion.objects.filter(pk=version.pk, state=PolicyState.DRAFT).update(
        state=PolicyState.IN_REVIEW, submitted_at=at, content_sha256=content.sha256
    )
    if not done:
        raise Conflict(f"{version} is no draft any more")
    version.refresh_from_db()
    audit.record(
        by=by, act=Act.POLICY_SUBMIT, ref=version.ref, at=at, sha256=version.content_sha256
    )


def own_draft(version: PolicyVersion, act: Act, *, by: Actor, at: datetime) -> PolicyVersion:
    """Return the draft, locked, if ``by`` is its author and may do ``act`` to it."""
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    require(by, act, version, at=at)
    if version.author != by.ref:
        raise NotTheAuthor(f"{version} is somebody else's draft: copy the policy in force")
    if version.state != PolicyState.DRAFT:
        raise Conflict(f"{version} is {version.get_state_display().lower()}, no draft")
    return version


def _draft(
    content: Content, parent: PolicyVersion | None, *, by: Actor, at: datetime, reason: str
) -> PolicyVersion:
    require(by, Act.POLICY_DRAFT, PolicyVersion(), at=at)
    reason = reason.strip()
    if not reason:
        raise Refused("A draft needs a reason: what shall change, and why.")
    version = policy.create(content, parent=parent, by=by, at=at, note=reason[:300])
    audit.record(
        by=by,
        act=Act.POLICY_DRAFT,
        ref=version.ref,
        at=at,
        number=version.number,
        parent=parent.ref if parent else None,
        reason=reason[:300],
    )
    return version


def _edit(
    version: PolicyVersion,
    change: Callable[[Content], Content],
    *,
    by: Actor,
    at: datetime,
    **said: object,
) -> None:
    """Apply ``change``; rows that stay as they are are not written again."""
    draft = own_draft(version, Act.POLICY_DRAFT, by=by, at=at)
    old = contents.content(draft)
    new = change(old)
    was = {line.rid: (number, line) for number, line in enumerate(old.lines)}
    now = {line.rid: (number, line) for number, line in enumerate(new.lines)}
    gone = [rid for rid, place in was.items() if now.get(rid) != place and rid not in now]
    draft.rules.filter(rid__in=gone).delete()
    top = (draft.rules.order_by("-ordinal").values_list("ordinal", flat=True).first() or 0) + 1
    for line in new.lines:
        cells = line.cells()
        flag = line.is_overridable
        del cells["is_overridable"]
        if line.rid not in was:
            draft.rules.create(ordinal=top, is_overridable=flag, **cells)
            top += 1
        elif was[line.rid][1] != line:
            draft.rules.filter(rid=line.rid).update(is_overridable=flag, **cells)
    PolicyVersion.objects.filter(pk=draft.pk).update(
        tests=new.tests, content_sha256=contents.content(draft).sha256
    )
    audit.record(by=by, act=Act.POLICY_DRAFT, ref=draft.ref, at=at, **said)
