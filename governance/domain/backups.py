"""What a backup claims about itself, what a restore found, and which weeks count."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

FORMAT = 1
WEEK = timedelta(days=7)
WEEKS = 13
SUFFIX = ".dump"
_HEX = re.compile(r"[0-9a-f]{64}")


class ManifestError(ValueError):
    """The manifest is not one; the text says why in one line."""


class Kind(StrEnum):
    """What an attestation is about."""

    BACKUP = "backup"
    """A file was written; nothing is proven yet."""
    RESTORE = "restore"
    """A file was restored and checked."""
    DR_TEST = "dr_test"
    """The service was recovered as after a disaster."""


class Result(StrEnum):
    """How it ended."""

    MADE = "made"
    VALID = "valid"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    """All that could be checked held, but no witness outside answered."""


@dataclass(frozen=True, slots=True)
class Contents:
    """How many rows a table had, and the digest of them all whatever their order ("": none)."""

    rows: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What lies beside a dump: seen in the very snapshot that was dumped.

    ``log_root`` is the root of the ``log_size`` entries that had a place in the tree,
    ``waiting`` counts the events that had none yet. ``roles`` are the identities that own
    something or may do something in the database.
    """

    file: str
    sha256: str
    bytes: int
    taken_at: datetime
    taken_by: str
    server: str
    origin: str
    log_size: int
    log_root: str
    waiting: int
    roles: tuple[str, ...]
    tables: Mapping[str, Contents] = field(default_factory=dict)

    def to_text(self) -> str:
        """Return it as it is stored."""
        said = {
            "format": FORMAT,
            **asdict(self),
            "taken_at": self.taken_at.isoformat(),
            "tables": {name: asdict(one) for name, one in self.tables.items()},
        }
        return json.dumps(said, indent=1) + "\n"

    @classmethod
    def from_text(cls, text: str) -> "Manifest":
        """Read what ``to_text`` wrote.

        Raises:
            ManifestError: it is something else, or of a newer format.
        """
        try:
            said = json.loads(text)
            version = said.pop("format")
            if version != FORMAT:
                raise ManifestError(f"the manifest has format {version}, known is {FORMAT}")
            found = cls(
                **{
                    **said,
                    "taken_at": datetime.fromisoformat(said["taken_at"]),
                    "roles": tuple(map(str, said["roles"])),
                    "tables": {
                        str(name): Contents(int(one["rows"]), str(one["digest"]))
                        for name, one in said["tables"].items()
                    },
                }
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if isinstance(error, ManifestError):
                raise
            raise ManifestError("the manifest cannot be read") from error
        if not _HEX.fullmatch(str(found.sha256)) or not _HEX.fullmatch(str(found.log_root)):
            raise ManifestError("the manifest names no SHA-256")
        if found.taken_at.tzinfo is None or not found.taken_by:
            raise ManifestError("the manifest does not say who took the backup and when")
        return found


def manifest_of(file: Path) -> Path:
    """Return where the manifest of ``file`` lies."""
    return file.with_name(file.name + ".json")


@dataclass(slots=True)
class Findings:
    """What a restore found: reasons against the backup, and what could not be checked."""

    reasons: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def result(self) -> Result:
        """Return the verdict; a reason against it weighs more than a gap."""
        if self.reasons:
            return Result.FAILED
        return Result.INCOMPLETE if self.gaps else Result.VALID


def differences(
    claimed: Mapping[str, Contents], found: Mapping[str, Contents], *, limit: int = 10
) -> list[str]:
    """Return in words where the restored tables are not as the manifest says."""
    said = []
    for name in sorted(claimed.keys() | found.keys()):
        was, now = claimed.get(name), found.get(name)
        if was is None:
            said.append(f"table {name} is not in the manifest")
        elif now is None:
            said.append(f"table {name} is missing")
        elif was.rows != now.rows:
            said.append(f"table {name} has {now.rows} rows, {was.rows} were dumped")
        elif was.digest != now.digest:
            said.append(f"rows of table {name} differ from those dumped")
    more = len(said) - limit
    return [*said[:limit], f"and {more} tables more"] if more > 0 else said


def weeks_covered(
    instants: Iterable[datetime], *, since: datetime, at: datetime
) -> tuple[int, int]:
    """Return in how many of the last weeks up to ``at`` an instant falls, and how many there were.

    Weeks are counted back from ``at``, at most 13; those that ended before ``since`` did not
    exist yet.
    """
    existed = max(1, min(WEEKS, -((since - at) // WEEK)))
    covered = {number for one in instants if 0 <= (number := (at - one) // WEEK) < existed}
    return len(covered), existed
