"""A log in memory, and a witness that watches it."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.tlog.notes import Checkpoint, LogKey, WitnessKey
from governance.tlog.tree import Tree, consistency_proof, leaf_hash, node_hash
from governance.tlog.witness import Witness

ORIGIN = "log.example/audit"


class ALog:
    """Signs heads of any size of its own; ``salt`` makes another story of the same length."""

    def __init__(self, key: LogKey, *, salt: str = "") -> None:
        self.key = key
        self.leaves = [leaf_hash(f"{salt}{number}".encode()) for number in range(600)]

    def node(self, level: int, index: int) -> bytes:
        if level == 0:
            return self.leaves[index]
        return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))

    def root(self, size: int) -> bytes:
        tree = Tree()
        tree.extend(self.leaves[:size])
        return tree.root()

    def note(self, size: int, *, root: bytes | None = None, origin: str = ORIGIN) -> str:
        head = Checkpoint(origin, size, self.root(size) if root is None else root)
        return f"{head.body()}\n{self.key.sign(head)}\n"

    def proof(self, old: int, size: int) -> list[bytes]:
        return consistency_proof(old, size, self.node) if 0 < old <= size else []

    def request(self, old: int, size: int) -> bytes:
        return request(old, self.proof(old, size), self.note(size))


def request(old: object, proof: list[bytes], note: str) -> bytes:
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", note]
    return "\n".join(lines).encode()


class Clock:
    """Stands where it is put."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def key() -> LogKey:
    return LogKey.generate(ORIGIN)


@pytest.fixture
def log(key: LogKey) -> ALog:
    return ALog(key)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "seen.sqlite3"


@pytest.fixture
def witness(store: Path, key: LogKey, clock: Clock) -> Iterator[Witness]:
    found = Witness(store, WitnessKey.generate("w.example/1"), {ORIGIN: [key.vkey]}, clock)
    yield found
    found.close()
