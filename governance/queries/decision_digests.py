"""Whether the decision log still says what the audit log says was written to it."""

import json
from dataclasses import dataclass

from django.db import connection

from governance.permissions import Event

DIGEST = """
encode(sha256(convert_to(string_agg(
  jsonb_build_array(id, extract(epoch FROM at), policy_sha256, request_id, pep, allow, subject,
                    act, resource, domain, reason, rule, evaluation_id, inputs, weight)::text,
  E'\\n' ORDER BY id), 'UTF8')), 'hex')
"""
"""SHA-256, in hex, over rows of the decision log in their order, each as a JSON array."""

_EVENTS = """
SELECT id, body FROM audit_event WHERE act = %s AND outcome = 'ok' AND id > %s
 ORDER BY id LIMIT 1000
"""
_ROWS = f"""
SELECT count(*), {DIGEST} FROM governance_decisionlog
 WHERE request_id = %s AND id BETWEEN %s AND %s AND pep <> ''
"""  # noqa: S608 - the part is ours


@dataclass(frozen=True, slots=True)
class Differing:
    """An event of the audit log whose rows of the decision log are not as they were."""

    event_id: int
    rows: int
    missing: int


def differing(*, after: int = 0) -> tuple[int, list[Differing]]:
    """Return how many events after ``after`` were checked, and those that do not hold.

    Every batch of decisions for others left its digest in the audit log, which proves that
    the event itself is unchanged; here its rows are digested again.
    """
    checked, found = 0, []
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_EVENTS, [Event.DECISIONS_KEPT, after])
            events = cursor.fetchall()
            for after, body in events:
                checked += 1
                said = json.loads(body)
                cursor.execute(_ROWS, [said["request"], said["first"], said["last"]])
                count, digest = cursor.fetchone()
                if digest != said["sha256"]:
                    found.append(Differing(after, count, said["count"] - count))
        if not events:
            return checked, found
