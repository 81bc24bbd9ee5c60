"""The lab's log as files, for the verifier that needs no database."""

from pathlib import Path
from typing import Any

import psycopg

from governance.tlog import verify_audit
from governance.tlog.export import Entry, Writer
from tests.governance.tampering.lab import ORIGIN, Lab

_ENTRIES = """
SELECT l.seq, e.leaf_data, e.salt, e.body FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id
WHERE l.seq >= 0 AND l.seq < %s ORDER BY l.seq
"""
_HEADS = """
SELECT c.size, c.note || coalesce(string_agg(s.line || E'\\n', ''), '')
FROM audit_checkpoint c LEFT JOIN audit_cosignature s ON s.size = c.size
WHERE c.size <= %s GROUP BY c.size ORDER BY c.size
"""


def verified(lab: Lab, session: "psycopg.Connection[Any]", place: Path) -> int:
    """Export up to the witnessed head and return the exit code of the offline verifier.

    The auditor holds the head that the witness handed out.
    """
    export = place / "export"
    export.mkdir()
    writer = Writer(export)
    for seq, data, salt, body in session.execute(_ENTRIES, (lab.witnessed,)).fetchall():
        writer.add(Entry(seq, bytes(data), bytes(salt) if salt else None, body))
    writer.close(session.execute(_HEADS, (lab.witnessed,)).fetchall())
    prior = place / "prior"
    prior.write_text(lab.witness.note)
    return verify_audit.main(
        [
            str(export), "--origin", ORIGIN, "--vkey", lab.stolen.vkeys[0],
            "--witness", lab.witness.key.vkey, "--prior", str(prior), "--json",
        ]
    )  # fmt: skip
