"""What is signed of a policy version: two lines of text that say all that was decided about it.

The text is no checkpoint (that has three lines, the second a number), so that a signature on
one can never be taken for a signature on the other, though one key makes both.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

TITLE = "wardroom policy version"


@dataclass(frozen=True, slots=True)
class Statement:
    """One published version: its content by digests, who wrote, approved and published it, why.

    ``content_sha256`` covers the model and the rules in order, ``tests_sha256`` its tests, and
    ``overridable_sha256`` the ids of the rules that sites may widen. ``parent`` and
    ``restores`` are numbers; who and when are empty and None where nobody approved.
    """

    number: int
    content_sha256: str
    tests_sha256: str
    overridable_sha256: str
    parent: int | None
    parent_sha256: str
    restores: int | None
    author: str
    reason: str
    created_at: datetime
    approved_by: str
    approved_at: datetime | None
    approval_reason: str
    published_by: str
    published_at: datetime | None

    def text(self, origin: str) -> str:
        """Return what the key of the log ``origin`` signs: ASCII, without control characters."""
        facts = {
            name: _instant(value) if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }
        line = json.dumps({"v": 1, **facts}, sort_keys=True, separators=(",", ":"))
        return f"{TITLE} of {origin}\n{line}\n"


def digest(parts: Iterable[str]) -> str:
    """Return the SHA-256 of ``parts`` as a JSON list, so that no two lists give one text."""
    text = json.dumps(list(parts), separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
