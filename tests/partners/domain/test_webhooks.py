"""What is signed, when it is tried again, and where a webhook may lie."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from partners.domain import webhooks
from partners.domain.webhooks import BACKOFF_SECONDS

AT = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)


def test_a_signature_is_what_the_standard_says() -> None:
    """The example of the Standard Webhooks specification."""
    said = webhooks.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, tz=UTC),
        body=b'{"test": 2432232314}',
    )
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_random_and_signs_with_its_bytes() -> None:
    secret = webhooks.new_secret()
    assert secret != webhooks.new_secret()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert len(key) == 32
    signed = b"1." + str(int(AT.timestamp())).encode() + b".{}"
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert webhooks.sign(secret, id="1", at=AT, body=b"{}") == f"v1,{expected}"


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_tries_grow_apart_within_a_fifth_and_end(chance: float) -> None:
    waits = []
    for attempts in range(1, len(BACKOFF_SECONDS) + 1):
        again = webhooks.next_try(attempts, at=AT, chance=chance)
        assert again is not None
        wait = (again - AT).total_seconds()
        assert 0.8 * BACKOFF_SECONDS[attempts - 1] <= wait <= 1.2 * BACKOFF_SECONDS[attempts - 1]
        waits.append(wait)
    assert waits == sorted(waits)
    assert webhooks.next_try(len(BACKOFF_SECONDS) + 1, at=AT, chance=chance) is None
    assert timedelta(seconds=sum(BACKOFF_SECONDS)) < webhooks.DISABLE_AFTER
