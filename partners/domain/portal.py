"""Keys and links of the portal: random, kept as digests, shown once."""

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum

KEY_PREFIX, LINK_PREFIX = "wrp_", "wrl_"
"""Begin every key and link token of ours, so that scanners of repositories can find one."""
LONGEST_KEY = timedelta(days=365)
OVERLAP = timedelta(days=7)
"""So long the key before goes on counting after a rotation."""
LINK_TERM = timedelta(days=7)


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    UPLOAD = "upload"
    STATEMENTS = "statements"
    WEBHOOKS = "webhooks"


def new_token(prefix: str) -> str:
    """Return a token of 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return what is stored of a token: SHA-256 suffices where the token itself is random."""
    return hashlib.sha256(token.encode()).hexdigest()
