"""What is signed, when it is tried again, and where a webhook may lie."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from governance.calling import caller
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


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1",
        "fc00::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "2002:7f00:1::", "ff02::1",
        "64:ff9b:1::1",
    ],
)  # fmt: skip
def test_what_lies_near_us_is_not_called(address: str) -> None:
    assert not webhooks.may_be_called(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111"])
def test_what_lies_in_the_open_is_called(address: str) -> None:
    assert webhooks.may_be_called(address)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.org/", "Only https"),
        ("file:///etc/passwd", "Only https"),
        ("https://", "Name a host"),
        ("https://user:secret@example.org/", "neither user"),
        ("https://example.org/#part", "fragment"),
        ("https://example.org:22/", "ports"),
        ("https://example.org:99999/", "no address"),
        ("https://127.0.0.1/", "Private"),
        ("https://[::1]/", "Private"),
        ("https://169.254.169.254/latest", "Private"),
        ("https://exämple.org/", "ASCII"),
        ("https://example.org/\r\nX: y", "printable"),
        ("https://" + "a" * 500, "500"),
    ],
)
def test_an_address_that_is_not_called_says_why(url: str, says: str) -> None:
    with pytest.raises(caller.BadAddress, match=says):
        caller.check(url)


def test_a_name_that_leads_to_us_is_not_called() -> None:
    answer = caller.post("https://localhost/", b"{}", {})
    assert (answer.status, answer.said) == (
        0, "The name leads to a private, local or reserved address.",
    )  # fmt: skip
