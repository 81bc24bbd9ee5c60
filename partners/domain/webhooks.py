"""Standard Webhooks: what is signed, how, and when it is tried again.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

PREFIX = "whsec_"
KINDS = {
    "sbom.accepted": "an SBOM was read and stored",
    "sbom.rejected": "an SBOM was refused; the intake says why",
    "finding.opened": "a vulnerability was found in one of your products",
    "finding.due_soon": "a finding is due within three days",
    "finding.breached": "a finding was not fixed when it was due",
    "request.created": "we ask for an SBOM",
}
TEST = "webhook.test"
"""A kind that is sent on demand, to whatever a webhook wants to hear of."""
OVERLAP = timedelta(days=7)
"""So long the secret before goes on signing after a rotation, beside the new one."""
"""What a webhook may want to hear of, in words."""
BACKOFF_SECONDS = (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Between tries; together a little more than three days."""
JITTER = 0.2
DISABLE_AFTER = timedelta(days=5)


def new_secret() -> str:
    """Return a secret of 256 random bits, as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, *, id: str, at: datetime, body: bytes) -> str:
    """Return the value of ``webhook-signature``: HMAC-SHA-256 over id, seconds and body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join([id.encode(), str(int(at.timestamp())).encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def sign_all(secrets_: Iterable[str], *, id: str, at: datetime, body: bytes) -> str:
    """Return one signature for each secret, separated by spaces: one that fits suffices."""
    return " ".join(sign(secret, id=id, at=at, body=body) for secret in secrets_)


def next_try(attempts: int, *, at: datetime, chance: float) -> datetime | None:
    """Return when to try again after ``attempts`` failures; None when to give up.

    ``chance`` lies between 0 and 1 and spreads the tries of many by a fifth either way.
    """
    if attempts > len(BACKOFF_SECONDS):
        return None
    seconds = BACKOFF_SECONDS[attempts - 1]
    return at + timedelta(seconds=seconds * (1 + JITTER * (2 * chance - 1)))
