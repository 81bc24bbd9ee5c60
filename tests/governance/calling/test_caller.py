"""Addresses that are not called, and why."""

import pytest

from governance.calling import caller


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


def test_a_host_that_is_listed_may_be_called_without_tls() -> None:
    with pytest.raises(caller.BadAddress, match="Only https"):
        caller.check("http://127.0.0.1:8080/", allowed=["127.0.0.1:8080"])
    caller.check("http://127.0.0.1:8080/", allowed=["127.0.0.1:8080"], plain=["127.0.0.1:8080"])


def test_what_never_left_us_is_told_from_what_may_have_arrived() -> None:
    answer = caller.call(
        "POST", "http://127.0.0.1:9/", b"", {}, allowed=["127.0.0.1:9"], plain=["127.0.0.1:9"]
    )
    assert (answer.status, answer.has_begun) == (0, False)
