"""A whole log in plain Python: entries as the database seals them, heads, a witness, an export."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.tlog.export import Entry, Writer
from governance.tlog.notes import Checkpoint, LogKey, WitnessKey
from governance.tlog.tree import Tree, leaf_hash

ORIGIN = "log.example/audit"
BEGAN = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)


def a_log_key(name: str = ORIGIN, *, seed: int = 1) -> LogKey:
    """Return a key of a log that is the same in every run."""
    return LogKey(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def a_witness_key(name: str = "witness.example", *, seed: int = 101) -> WitnessKey:
    """Return a key of a witness that is the same in every run."""
    return WitnessKey(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def stamp(at: datetime) -> str:
    """Return a time as the database seals it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sealed(
    key: int,
    *,
    at: datetime,
    body: str = "{}",
    salt: bytes = bytes(32),
    act: str = "governance:grant:give",
    ref: str = "governance.grant:7",
    **over: object,
) -> bytes:
    """Return the bytes of an entry in the form of PostgreSQL's ``json_build_object``."""
    facts: dict[str, object] = {
        "v": 1,
        "id": key,
        "recorded_at": stamp(at),
        "occurred_at": stamp(at),
        "tenant": "own",
        "scope": "",
        "actor": "user:6f1c2a34-6a5e-4c57-9c38-0d2c6f0e7b11",
        "act": act,
        "cause": "",
        "object": ref,
        "request_id": f"{key:032x}",
        "outcome": "ok",
        "db_user": "wardroom",
        "body_sha256": hashlib.sha256(salt + body.encode()).hexdigest(),
    }
    pairs = [f"{json.dumps(k)} : {json.dumps(v, ensure_ascii=False)}" for k, v in facts.items()]
    return ("{" + ", ".join(pairs) + "}").encode() if not over else sealed_over(facts, over)


def sealed_over(facts: dict[str, object], over: dict[str, object]) -> bytes:
    """Return the same with some values replaced."""
    pairs = [
        f"{json.dumps(k)} : {json.dumps(v, ensure_ascii=False)}"
        for k, v in {**facts, **over}.items()
    ]
    return ("{" + ", ".join(pairs) + "}").encode()


class Log:
    """A log that grows, is signed and cosigned, and can be altered in every way.

    Entry ``i`` is the event ``1001 + i``, recorded ``i`` seconds after ``BEGAN``.
    """

    def __init__(self, *, key: LogKey | None = None, witness: WitnessKey | None = None) -> None:
        self.key = key or a_log_key()
        self.witness = witness or a_witness_key()
        self.entries: list[Entry] = []
        self.notes: dict[int, str] = {}

    @classmethod
    def of(cls, size: int, *, every: int = 50, tail: int = 0) -> "Log":
        """Return a log with a cosigned head each ``every`` entries and at ``size``.

        The last ``tail`` entries are signed by the log and seen by no witness.
        """
        log = cls()
        log.grow(size - tail, every=every)
        log.head(cosigned=True)
        if tail:
            log.grow(tail, every=10**9)
            log.head()
        return log

    @property
    def size(self) -> int:
        return len(self.entries)

    @property
    def now(self) -> datetime:
        """Return when the next entry is recorded."""
        return BEGAN + timedelta(seconds=self.size)

    def grow(self, count: int, *, every: int = 50) -> None:
        """Append entries, with a cosigned head each ``every``."""
        for _ in range(count):
            self.append(f'{{"reason": "entry {self.size} – “quoted”\\n"}}')
            if self.size % every == 0:
                self.head(cosigned=True)

    def append(self, body: str | None = "{}", **over: object) -> int:
        """Append one entry; return its number."""
        seq = self.size
        salt = hashlib.sha256(b"salt %d" % seq).digest()
        given = {"key": 1001 + seq, "at": self.now, **over}
        data = sealed(body=body or "", salt=salt, **given)  # type: ignore[arg-type]
        self.entries.append(Entry(seq, data, salt, body))
        return seq

    def erase(self, seq: int, *, is_recorded: bool = True) -> None:
        """Take the body of an entry away, and say so in a new entry."""
        self.entries[seq] = Entry(seq, self.entries[seq].leaf_data, None, None)
        if is_recorded:
            key = json.loads(self.entries[seq].leaf_data)["id"]
            self.append(act="audit:body:erase", ref=f"governance.auditevent:{key}")

    def root(self, size: int) -> bytes:
        tree = Tree()
        tree.extend(leaf_hash(one.leaf_data) for one in self.entries[:size])
        return tree.root()

    def head(
        self, size: int | None = None, *, cosigned: bool = False, at: datetime | None = None
    ) -> str:
        """Sign the head at ``size`` and keep it; the witness signs a second later."""
        size = self.size if size is None else size
        checkpoint = Checkpoint(ORIGIN, size, self.root(size))
        note = f"{checkpoint.body()}\n{self.key.sign(checkpoint)}\n"
        if cosigned:
            when = at or BEGAN + timedelta(seconds=size)
            note += self.witness.cosign(checkpoint.body(), int(when.timestamp())) + "\n"
        self.notes[size] = note
        return note

    def export(self, directory: Path) -> Path:
        """Write the export up to the largest head."""
        directory.mkdir(parents=True, exist_ok=True)
        writer = Writer(directory)
        for entry in self.entries[: max(self.notes)]:
            writer.add(entry)
        writer.close(sorted(self.notes.items()))
        return directory

    def arguments(self, directory: Path) -> list[str]:
        """Return what the verifier is called with."""
        return [
            str(directory), "--origin", ORIGIN, "--vkey", self.key.vkey, "--witness",
            self.witness.vkey,
        ]  # fmt: skip

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)
