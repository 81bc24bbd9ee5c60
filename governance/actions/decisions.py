"""Decisions that others asked for, into the decision log and from there into the audit log."""

import json
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import connection, transaction

from governance import audit
from governance.domain.actor import Actor
from governance.domain.authzen import Asked
from governance.domain.decision_log import weight
from governance.domain.decisions import Question
from governance.domain.inputs import recorded
from governance.permissions import Event
from governance.queries.decision_digests import DIGEST
from governance.queries.evaluating import Answer, View

MOST_INPUTS = 4096
"""Characters of inputs that a row of the log keeps; it says nothing rather than a part."""

# One parameter for all rows. The digest is over the rows as they are stored, so that whoever
# reads the log later can make it again.
_KEEP = f"""
WITH kept AS (
    INSERT INTO governance_decisionlog
      (at, policy_sha256, request_id, pep, allow, subject, act, resource, domain, reason, rule,
       evaluation_id, inputs, weight)
    SELECT %s, %s, %s, %s, one.y, one.a, one.b, one.c, one.d, one.e, one.f, one.g, one.h, one.w
      FROM jsonb_to_recordset(%s::jsonb) AS one
           (y boolean, a text, b text, c text, d text, e text, f text, g text, h jsonb, w int)
    RETURNING *
)
SELECT count(*), min(id), max(id), {DIGEST} FROM kept
"""  # noqa: S608 - the part is ours


def keep(answers: Iterable[tuple[Asked, Answer, str]], seen: View, *, request_id: str) -> None:
    """Write what the log keeps of ``answers``, in one statement, and its digest as an event.

    Each answer comes with its question as it was asked and the id of its evaluation.
    """
    rows = [
        row
        for asked, answer, evaluation_id in answers
        if (row := _row(asked, answer, evaluation_id)) is not None
    ]
    if not rows:
        return
    sha256 = seen.snapshot.sha256 if seen.snapshot else ""
    caller = seen.caller
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [seen.at, sha256, request_id, caller.slug, json.dumps(rows)])
            count, first, last, digest = cursor.fetchone()
        audit.record(
            by=Actor(ref=caller.ref, name=caller.slug),
            act=Event.DECISIONS_KEPT,
            ref=caller.ref,
            at=seen.at,
            request=request_id,
            count=count,
            first=first,
            last=last,
            sha256=digest,
        )


def new_id() -> str:
    """Return an id for one evaluation, or for a batch of them."""
    return uuid.uuid4().hex


def _row(asked: Asked, answer: Answer, evaluation_id: str) -> dict[str, object] | None:
    decision, question = answer.decision, answer.question
    about = question.resource_attributes if question else {}
    stands_for = weight(
        decision, asked.action, about, evaluation_id, one_in=settings.DECISION_SAMPLE
    )
    if not stands_for:
        return None
    subject, resource = asked.subject, asked.resource
    return {
        "y": decision.allow,
        "a": _short(f"{subject.type}:{subject.id}", 120),
        "b": _short(asked.action, 80),
        "c": _short(f"{resource.type}:{resource.id}", 160),
        "d": _short(question.domain if question else "", 160),
        "e": decision.reason.value,
        "f": decision.rule,
        "g": evaluation_id,
        "h": _inputs(question),
        "w": stands_for,
    }


def _inputs(question: Question | None) -> dict[str, dict[str, object]]:
    """Return what was decided on, for asking again; nothing where it is too much to keep."""
    if question is None:
        return {}
    found = recorded(question)
    if not found:
        return found
    text = json.dumps(found, ensure_ascii=True)
    return found if len(text) <= MOST_INPUTS and "\\u0000" not in text else {}


def _short(text: str, most: int) -> str:
    """Shorten for a column of the log; the digest keeps different texts different."""
    if len(text) <= most:
        return text
    return f"{text[: most - 17]}~{uuid.uuid5(uuid.NAMESPACE_URL, text).hex[:16]}"
