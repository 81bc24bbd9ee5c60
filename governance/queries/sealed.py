"""An entry's columns and body held against its sealed bytes (V1), and what it must say (V6).

The bytes that PostgreSQL sealed can be written again from the columns. Where they agree, as
nearly always, nothing is parsed; where they do not, the slow way says which field differs.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import Any

from governance.domain.integrity import Failure, Rule

Row = Sequence[Any]

_STAMP = '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\''
# A time that no clock shows would end the reading instead of being found: it reads as none.
COLUMNS = f"""
e.id, e.leaf_data, e.salt, e.body,
CASE WHEN e.recorded_at BETWEEN '0002-01-01' AND '9998-12-31' THEN e.recorded_at END,
to_char(e.recorded_at AT TIME ZONE 'UTC', {_STAMP}),
to_char(e.occurred_at AT TIME ZONE 'UTC', {_STAMP}),
e.tenant, e.scope, e.actor, e.act, e.cause, e.object, e.request_id, e.outcome,
e.body IS NULL AND EXISTS (
  SELECT FROM audit_erasure x JOIN audit_event y
    ON y.object = 'governance.auditevent:' || x.event_id AND y.act = 'audit:body:erase'
     AND y.outcome = 'ok'
  WHERE x.event_id = e.id AND y.id > e.id
    AND coalesce(y.body = jsonb_build_object('ground', x.legal_ground)::text, true)),
e.cluster, e.xid
"""
_NAMES = (
    "id", "recorded_at", "occurred_at", "tenant", "scope", "actor", "act", "cause", "object",
    "request_id", "outcome",
)  # fmt: skip
_NEEDED = ("actor", "act", "object", "recorded_at", "request_id")

# The one field that no column holds, and the digest at the end.
_REST = re.compile(rb'"db_user" : "[^"\\\x00-\x1f]*", "body_sha256" : "([0-9a-f]{64})"\}')


def is_whole(row: Row) -> bool:
    """Say whether the bytes are exactly what ``row`` (``COLUMNS``) gives, and all of it is said.

    A no is no failure yet: ``failures`` looks closer.
    """
    (
        event_id, data, salt, body, _, recorded, occurred, tenant, scope, actor, act, cause,
        thing, request_id, outcome, _, _, _,
    ) = row  # fmt: skip
    if None in row or not (actor and act and thing and request_id):
        return False
    written = (
        f'{{"v" : 1, "id" : {event_id}, "recorded_at" : "{recorded}", "occurred_at" : "{occurred}"'
        f', "tenant" : {encode_basestring(tenant)}, "scope" : {encode_basestring(scope)}'
        f', "actor" : {encode_basestring(actor)}, "act" : {encode_basestring(act)}'
        f', "cause" : {encode_basestring(cause)}, "object" : {encode_basestring(thing)}'
        f', "request_id" : {encode_basestring(request_id)}'
        f', "outcome" : {encode_basestring(outcome)}, '
    ).encode()
    if not data.startswith(written):
        return False
    rest = _REST.fullmatch(data, len(written))
    digest = hashlib.sha256(salt + body.encode()).hexdigest().encode()
    return rest is not None and rest[1] == digest


def failures(seq: int | None, row: Row) -> list[Failure]:
    """Return what in ``row`` differs from its sealed bytes, field by field."""
    event_id, data, salt, body, _, recorded, occurred, *words, is_erased, _, _ = row

    def failure(why: str, rule: Rule = Rule.LEAF) -> Failure:
        return Failure(rule, seq, event_id, why)

    try:
        said = json.loads(data or b"", object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        return [failure(f"the sealed bytes are no JSON: {error}")]
    if not isinstance(said, dict):
        return [failure("the sealed bytes are no JSON object")]
    stated = (event_id, recorded, occurred, *words)
    found = [
        failure(f"{name} is another than was sealed")
        for name, value in zip(_NAMES, stated, strict=True)
        if said.get(name) != value
    ]
    if body is None:
        if not is_erased:
            found.append(failure("the body is gone without an erasure"))
    elif hashlib.sha256((salt or b"") + body.encode()).hexdigest() != said.get("body_sha256"):
        found.append(failure("the body is another than was sealed"))
    if not all(said.get(name) for name in _NEEDED):
        found.append(failure("who, what, when or where is missing", Rule.COMPLETE))
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
