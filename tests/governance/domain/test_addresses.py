"""Which addresses lie near us, and which in the open."""

import pytest

from governance.domain import addresses


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
    assert not addresses.may_be_called(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111"])
def test_what_lies_in_the_open_is_called(address: str) -> None:
    assert addresses.may_be_called(address)
