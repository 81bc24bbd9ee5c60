"""Addresses in the open Internet, and those that lie near us."""

import ipaddress

_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""Behind these lies an IPv4 address that a gateway chooses (RFC 6052, RFC 8215)."""


def may_be_called(address: str) -> bool:
    """Say whether an IP address lies in the open Internet and nowhere near us."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner:
            return False
        if any(ip in one for one in _TRANSLATED):
            return False
    return ip.is_global and not ip.is_multicast
