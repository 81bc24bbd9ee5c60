"""The folder of evidence: each file lies under its own SHA-256, once, whoever brought it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20


@dataclass(frozen=True)
class Shelf:
    """A folder; files in it are named by their hash and never written again."""

    folder: Path

    def path(self, sha256: str) -> Path:
        """Return where the file with this hash lies, or would."""
        return self.folder / sha256[:2] / sha256

    def put(self, file: Path, sha256: str) -> bool:
        """Move ``file``, whose hash is known, to its place; return whether it is new there.

        Both must lie on one volume. A second copy of what is there is removed.
        """
        place = self.path(sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            file.unlink()
            return False
        file.chmod(0o440)
        file.replace(place)
        return True

    def remove(self, sha256: str) -> None:
        """Remove a file; a second call does nothing."""
        self.path(sha256).unlink(missing_ok=True)

    def hash_again(self, sha256: str) -> str | None:
        """Return the hash of what lies there now; None where nothing does."""
        try:
            with self.path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
