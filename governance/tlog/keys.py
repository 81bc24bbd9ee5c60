"""The signing keys of a log in a file of their own: one line each, oldest first.

During a rotation the file holds two and both sign, so that whoever knows only one of them
can still verify. A line that is taken away ends its key.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from governance.tlog.notes import Checkpoint, LogKey, WitnessKey


class KeyRing:
    """The keys that sign now."""

    def __init__(self, keys: Sequence[LogKey]) -> None:
        if not keys:
            raise ValueError("a log needs at least one key")
        self._keys = list(keys)

    @property
    def vkeys(self) -> list[str]:
        """Return the verifier keys, oldest first."""
        return [key.vkey for key in self._keys]

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the signed note of ``checkpoint``, with one line for each key."""
        return self.sign_text(checkpoint.body())

    def sign_text(self, text: str) -> str:
        """Return the signed note of ``text``, which ends with a line break, likewise."""
        return text + "\n" + "".join(f"{key.sign_text(text)}\n" for key in self._keys)


def load(path: Path) -> KeyRing:
    """Read the keys.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no key, or a line that is none.
    """
    lines = path.read_text().splitlines()
    return KeyRing([LogKey.from_private(line) for line in lines if line.strip()])


def add(path: Path, *, name: str) -> str:
    """Append a new key, making the file (0600) if there is none; return its verifier key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = LogKey.generate(name)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{key.private_text()}\n")
        file.flush()
        os.fsync(file.fileno())
    return key.vkey


def end_oldest(path: Path) -> str:
    """Take the oldest key away; return its verifier key.

    Raises:
        ValueError: it is the only one.
    """
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    if len(lines) < 2:
        raise ValueError("the only key cannot end: add its successor first")
    _replace(path, "".join(f"{line}\n" for line in lines[1:]))
    return LogKey.from_private(lines[0]).vkey


def witness(path: Path, *, name: str) -> WitnessKey:
    """Return the key of a witness, making the file (0600) if there is none.

    Raises:
        OSError: the file cannot be read or made.
        ValueError: it holds something else, or the key of another witness.
    """
    if not path.exists():
        _replace(path, f"{WitnessKey.generate(name).private_text()}\n")
    key = WitnessKey.from_private(path.read_text())
    if key.name != name:
        raise ValueError(f"{path} is the key of {key.name}, not of {name}")
    return key


def _replace(path: Path, text: str) -> None:
    """Write a file that only its owner reads, all of it or none."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
