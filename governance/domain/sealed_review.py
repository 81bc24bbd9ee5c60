"""The result of a review as one text whose SHA-256 is its seal.

The text is canonical JSON: keys sorted, no spaces, UTF-8, times in RFC 3339 and UTC. The same
rows always give the same bytes, so a result that was changed anywhere has another seal.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from governance.domain.access_review import Verdict

FORMAT = "wardroom-access-review/1"


def text(review: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> str:
    """Return the canonical text of ``review`` and its ``items``, in the order given."""
    whole = {"format": FORMAT, "review": review, "counts": counts(items), "items": list(items)}
    return json.dumps(
        whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )


def seal(document: str) -> str:
    """Return the SHA-256 of the text, in hex."""
    return hashlib.sha256(document.encode()).hexdigest()


def counts(items: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many items came out how; each is in exactly one of the first four."""
    found = dict.fromkeys(
        ("items", *Verdict, "waiting", "in_bulk", "suspended", "escalated", "unapproved"), 0
    )
    for one in items:
        found["items"] += 1
        found[one["verdict"] or "waiting"] += 1
        found["in_bulk"] += bool(one["is_bulk"])
        found["unapproved"] += bool(one["unapproved"])
        if one["lapse"]:
            found[one["lapse"]] += 1
    return {str(name): count for name, count in found.items()}


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
