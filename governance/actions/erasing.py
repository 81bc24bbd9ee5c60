"""Erasing what a log entry says of a person, so that the tree stays valid (GDPR article 17).

Body and salt go; the leaf keeps a digest that nobody can link any more. The erasure is an
entry itself. What is left until it is overwritten (dead tuples, WAL, backups) is named in
docs/operations.md.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from governance import access
from governance.domain.actor import Actor
from governance.errors import NotFound, Refused
from governance.models import AuditEvent
from governance.permissions import Act, Event
from governance.postgresql import triggers
from governance.postgresql.sessions import ERASER, open_session
from governance.queries import row_digests

ALONE = 100
"""So many events may one person erase at once; more need a second."""

_BLANK = "UPDATE audit_event SET body = NULL, salt = NULL WHERE id = %s AND body IS NOT NULL"
_GROUND = "INSERT INTO audit_erasure (event_id, at, actor, legal_ground) VALUES (%s, %s, %s, %s)"
_EVENT = """
INSERT INTO audit_event
  (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body)
SELECT %s, tenant, scope, %s, %s, '', 'governance.auditevent:' || id, 'ok', %s,
       jsonb_build_object('ground', %s::text)::text
FROM audit_event WHERE id = %s
"""
# An erased entry cannot vouch for its row any more: the row is stated anew.
_RESTATE = """
SELECT audit_baseline(c.oid, split_part(e.object, ':', 2))
FROM audit_event e JOIN pg_class c ON c.oid = to_regclass('public.' || split_part(e.act, ':', 2))
WHERE e.id = %s AND e.act LIKE 'row:%%'
"""
_ROWS = """
SELECT split_part(act, ':', 2), object FROM audit_event
WHERE id = ANY(%s) AND act LIKE 'row:%%' AND body IS NOT NULL
"""


def erase(
    event_ids: Sequence[int],
    *,
    ground: str,
    by: Actor,
    at: datetime,
    request_id: str,
    second: Actor | None = None,
) -> int:
    """Blank the bodies of these events on a legal ``ground``; return how many had one.

    All of them or none.

    Raises:
        NotAllowed: ``by``, or ``second``, may not.
        Refused: no ground is given, so many need a second person, or one of them shows that
            a row was changed without an entry.
        NotFound: one of them does not exist.
    """
    access.require(by, Act.AUDIT_ERASE, AuditEvent(), at=at)
    if not ground.strip():
        raise Refused("an erasure needs its legal ground")
    if len(event_ids) > ALONE:
        if second is None or second.ref == by.ref:
            raise Refused(f"more than {ALONE} events are erased by two people")
        access.require(second, Act.AUDIT_ERASE, AuditEvent(), at=at)
    who = by.ref if second is None else f"{by.ref} {second.ref}"
    done = 0
    with open_session("owner", role=ERASER) as session, session.transaction():
        _keep_evidence(session, event_ids)
        for event_id in event_ids:
            if not session.execute("SELECT FROM audit_event WHERE id = %s", (event_id,)).rowcount:
                raise NotFound(f"there is no audit event {event_id}")
            if session.execute(_BLANK, (event_id,)).rowcount:
                session.execute(_GROUND, (event_id, at, who[:120], ground[:300]))
                what = (at, by.ref, Event.BODY_ERASED, request_id, ground[:300], event_id)
                session.execute(_EVENT, what)
                session.execute(_RESTATE, (event_id,))
                done += 1
    return done


def _keep_evidence(session: "Connection[Any]", event_ids: Sequence[int]) -> None:
    """Refuse to blank what shows that a row was changed behind the log's back.

    The row is stated anew after an erasure, and a blank entry takes part in no comparison:
    nothing would tell of that change any more. Reads as the owner, in the same transaction.
    """
    objects: dict[str, set[str]] = defaultdict(set)
    for table, name in session.execute(_ROWS, (list(event_ids),)).fetchall():
        objects[table].add(name)
    session.execute("SELECT set_config('role', 'none', true)")
    wanted = set(event_ids)
    for table in triggers.governed():
        if names := objects.get(table.name):
            found = row_digests.evidence(session, table, sorted(names))
            for event_id in sorted(wanted & set(found)):
                raise Refused(
                    f"entry {event_id} is kept, and nothing was erased: it shows a change that"
                    f" left no entry ({found[event_id]}). Clear that up first: audit_verify"
                )
    session.execute("SELECT set_config('role', %s, true)", (ERASER,))
