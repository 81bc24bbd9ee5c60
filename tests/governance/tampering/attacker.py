"""Somebody with all rights in the database, who knows how the log is made."""

import hashlib
import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from governance.domain.integrity import Rule
from governance.postgresql.triggers import LOG_TABLES
from governance.tlog.keys import KeyRing
from governance.tlog.tree import Tree, leaf_hash
from tests.governance.tampering.lab import Lab, forged_note, switched

NOTHING = timedelta(0)
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be found: a failure of ``rule``, the first at ``seq`` (between both ends).

    ``later`` is how long after the attack the check runs; ``priors`` are heads that an
    auditor kept; ``says`` stands in the detail where there is no number.
    """

    rule: Rule
    seq: int | tuple[int, int] | None = None
    says: str = ""
    later: timedelta = NOTHING
    priors: tuple[str, ...] = ()

    @property
    def span(self) -> tuple[int, int] | None:
        if self.seq is None:
            return None
        return self.seq if isinstance(self.seq, tuple) else (self.seq, self.seq)


ERASURE = "audit:body:erase"


class Attacker:
    """Acts in one session with the triggers of the log off; ``leave`` hides that."""

    def __init__(self, lab: Lab, session: "psycopg.Connection[Any]", dice: random.Random) -> None:
        self.lab = lab
        self.dice = dice
        self.session = session
        self.off: set[str] = set()
        self.sql("SET LOCAL session_replication_role = replica")  # foreign keys look away
        self.switch_off(*LOG_TABLES)

    def sql(self, text: str, *params: object) -> "psycopg.Cursor[Any]":
        return self.session.execute(text.encode(), params or None)

    def one(self, text: str, *params: object) -> Any:
        row = self.sql(text, *params).fetchone()
        assert row is not None
        return row[0]

    def switch_off(self, *tables: str) -> None:
        for table in tables:
            switched(self.session, table, on=False)
            self.off.add(table)

    def switch_on(self, *tables: str) -> None:
        for table in tables:
            switched(self.session, table, on=True)

    def leave(self) -> None:
        for table in sorted(self.off):
            switched(self.session, table, on=True)
        self.sql("SET LOCAL session_replication_role = origin")

    # -- reading

    def place(self, *, first: int = 0, last: int | None = None) -> int:
        """Return a random number that a witness has seen."""
        return self.dice.randrange(first, self.lab.witnessed if last is None else last)

    def full(self, *, first: int = 0) -> int:
        """Return one whose body was not erased, and that excuses no other's."""
        while True:
            seq = self.place(first=first)
            event = self.event(seq)
            if event["body"] is not None and event["act"] != ERASURE:
                return seq

    def erasure(self) -> int:
        """Return one that erased a body."""
        seqs = self.sql(
            "SELECT seq FROM audit_leaf JOIN audit_event e ON e.id = event_id WHERE act = %s"
            " AND seq < %s ORDER BY 1",
            ERASURE,
            self.lab.witnessed,
        ).fetchall()
        return int(self.dice.choice(seqs)[0])

    def excused_by(self, seq: int) -> int:
        """Return the entry whose missing body the erasure ``seq`` excuses."""
        row = self.sql(
            "SELECT l.seq FROM audit_event y JOIN audit_leaf ly ON ly.event_id = y.id"
            " JOIN audit_leaf l ON y.object = 'governance.auditevent:' || l.event_id"
            " WHERE ly.seq = %s",
            seq,
        ).fetchone()
        assert row is not None
        return int(row[0])

    def event(self, seq: int) -> Event:
        with self.session.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(
                "SELECT e.*, l.leaf_hash FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id"
                " WHERE l.seq = %s",
                (seq,),
            ).fetchone()
        assert row is not None
        return row

    def pending(self) -> int:
        """Return the id of an event that has no number yet."""
        ids = self.sql(
            "SELECT id FROM audit_event e WHERE NOT EXISTS"
            " (SELECT FROM audit_leaf l WHERE l.event_id = e.id) ORDER BY id"
        ).fetchall()
        return int(self.dice.choice(ids)[0])

    def a_row(self, table: str = "governance_user", where: str = "true") -> Any:
        """Return the key of a random row."""
        keys = self.sql(f'SELECT id FROM "{table}" WHERE {where} ORDER BY id').fetchall()
        return self.dice.choice(keys)[0]

    # -- writing

    def edit(self, seq: int, **columns: object) -> None:
        """Change columns of an event, and nothing that should agree with them."""
        assign = ", ".join(f"{name} = %s" for name in columns)
        self.sql(
            f"UPDATE audit_event SET {assign} WHERE id ="
            " (SELECT event_id FROM audit_leaf WHERE seq = %s)",
            *columns.values(), seq,
        )  # fmt: skip

    def reseal(self, event_id: int, body: str | None = None, **changes: object) -> bytes:
        """Change an event so that columns, body and sealed bytes agree; return its leaf hash."""
        salt, data, old_body = self.sql(
            "SELECT salt, leaf_data, body FROM audit_event WHERE id = %s", event_id
        ).fetchone() or (None, None, None)
        said = json.loads(bytes(data)) | {
            name: value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value
            for name, value in changes.items()
        }
        body = old_body if body is None else body
        if body is not None:
            said["body_sha256"] = hashlib.sha256(bytes(salt) + body.encode()).hexdigest()
        data = json.dumps(said, separators=(", ", " : ")).encode()
        columns = {**changes, "body": body, "leaf_data": data}
        assign = ", ".join(f"{name} = %s" for name in columns)
        self.sql(f"UPDATE audit_event SET {assign} WHERE id = %s", *columns.values(), event_id)
        return leaf_hash(data)

    def forge(self, **over: object) -> int:
        """Insert an event that never was, sealed as the database would; return its id."""
        values = {
            "occurred_at": self.lab.at, "tenant": "own", "scope": "", "actor": "user:ghost",
            "act": "governance:user:change", "cause": "", "object": "governance.user:1",
            "outcome": "ok", "request_id": "forged", "body": "{}",
        }  # fmt: skip
        switched(self.session, "audit_event", on=True)
        names = ", ".join(values)
        event_id = self.one(
            f"INSERT INTO audit_event ({names}) VALUES ({', '.join(['%s'] * len(values))})"
            " RETURNING id",
            *values.values(),
        )
        switched(self.session, "audit_event", on=False)
        if over:
            self.reseal(event_id, **over)
        return int(event_id)

    def hash_of(self, event_id: int) -> bytes:
        return leaf_hash(
            bytes(self.one("SELECT leaf_data FROM audit_event WHERE id = %s", event_id))
        )

    def add_leaf(self, seq: int, event_id: int) -> None:
        self.sql(
            "INSERT INTO audit_leaf VALUES (%s, %s, %s, now())",
            seq, event_id, self.hash_of(event_id),
        )  # fmt: skip

    def shift(self, first: int, by: int) -> None:
        """Renumber the leaves from ``first`` on."""
        self.sql("UPDATE audit_leaf SET seq = -seq - 1 WHERE seq >= %s", first)
        self.sql("UPDATE audit_leaf SET seq = -seq - 1 + %s WHERE seq < 0", by)

    def rehash(self) -> None:
        """Make all leaf hashes and tiles those of the events as they stand."""
        self.sql(
            "UPDATE audit_leaf l SET leaf_hash = sha256('\\x00'::bytea || e.leaf_data)"
            " FROM audit_event e WHERE e.id = l.event_id"
        )
        self.retile()

    def retile(self) -> None:
        hashes = self.hashes()
        self.sql("DELETE FROM audit_tile")
        for n in range(len(hashes) // 256):
            part = hashes[n * 256 : n * 256 + 256]
            tree = Tree()
            tree.extend(part)
            self.sql(
                "INSERT INTO audit_tile (level, n, data, root) VALUES (0, %s, %s, %s)",
                n, b"".join(part), tree.root(),
            )  # fmt: skip

    def hashes(self) -> list[bytes]:
        rows = self.sql("SELECT leaf_hash FROM audit_leaf WHERE seq >= 0 ORDER BY seq").fetchall()
        return [bytes(row[0]) for row in rows]

    def root(self, size: int) -> bytes:
        tree = Tree()
        tree.extend(self.hashes()[:size])
        return tree.root()

    def resign(self, ring: KeyRing, *, above: int = 0) -> None:
        """Sign all heads anew; what witnesses said of the old ones goes where it does not fit."""
        hashes, tree = self.hashes(), Tree()
        for size, old in self.sql("SELECT size, root FROM audit_checkpoint ORDER BY 1").fetchall():
            if size > len(hashes):
                self.drop_head(size)
                continue
            tree.extend(hashes[tree.size : size])
            if size <= above:
                continue
            if tree.root() != bytes(old):
                self.sql("DELETE FROM audit_cosignature WHERE size = %s", size)
            self.sql(
                "UPDATE audit_checkpoint SET root = %s, note = %s WHERE size = %s",
                tree.root(), forged_note(ring, size, tree.root()), size,
            )  # fmt: skip

    def sign_now(self, ring: KeyRing) -> int:
        """Sign the log at its present size; return that."""
        size = len(self.hashes())
        self.sql("DELETE FROM audit_checkpoint WHERE size = %s", size)
        self.sql(
            "INSERT INTO audit_checkpoint VALUES (%s, %s, now(), %s)",
            size, self.root(size), forged_note(ring, size, self.root(size)),
        )  # fmt: skip
        return size

    def drop_head(self, size: int) -> None:
        self.sql("DELETE FROM audit_cosignature WHERE size = %s", size)
        self.sql("DELETE FROM audit_checkpoint WHERE size = %s", size)

    def cut(self, size: int) -> None:
        """Take everything from ``size`` on away, as if it never was."""
        self.sql("DELETE FROM audit_cosignature WHERE size > %s", size)
        self.sql("DELETE FROM audit_checkpoint WHERE size > %s", size)
        self.sql("CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT event_id FROM audit_leaf"
                 f" WHERE seq >= {size}")  # fmt: skip
        self.sql("DELETE FROM audit_leaf WHERE seq >= %s", size)
        self.sql("DELETE FROM audit_erasure WHERE event_id IN (SELECT event_id FROM gone)")
        self.sql("DELETE FROM audit_event WHERE id IN (SELECT event_id FROM gone)")
        self.sql("DELETE FROM audit_tile WHERE (n + 1) * 256 > %s", size)
