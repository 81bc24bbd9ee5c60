"""Stable keys and bounded texts of assets that documents name, rather than a live server."""

import hashlib

from governance.domain import fqn

MAX_KEY = 200
MAX_NAME = 300
MAX_TYPE = 300


def key(*parts: str) -> str:
    """Return the source key of ``parts``, outermost first; a long one becomes its SHA-256."""
    plain = fqn.joined(*parts)
    if len(plain) <= MAX_KEY:
        return plain
    return "sha256:" + hashlib.sha256(plain.encode()).hexdigest()


def type_text(text: str) -> str:
    """Return a physical type as it can be kept: deep structures are cut, and show it."""
    return text if len(text) <= MAX_TYPE else text[: MAX_TYPE - 1] + "…"


MAX_FQN = 1500


def unfit(path: tuple[str, ...]) -> str:
    """Return why ``path`` cannot name an asset; empty if it can."""
    if any(not part.strip() for part in path):
        return "a part of its name is empty"
    if any(len(part) > MAX_NAME for part in path):
        return f"a name is longer than {MAX_NAME} characters"
    if len(fqn.joined(*path)) > MAX_FQN:
        return f"its full name is longer than {MAX_FQN} characters"
    return ""
