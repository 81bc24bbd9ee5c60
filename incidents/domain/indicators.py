"""Indicators of compromise as people type them: refanged, and told apart by their form."""

import ipaddress
import re
from enum import StrEnum

MAX_LENGTH = 500


class IndicatorKind(StrEnum):
    """What an indicator names."""

    IP = "ip"
    NETWORK = "network"
    DOMAIN = "domain"
    URL = "url"
    EMAIL = "email"
    HASH = "hash"
    OTHER = "other"


_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{1,62}}")
_HASH = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_FANGS = (("[.]", "."), ("(.)", "."), ("[:]", ":"), ("[@]", "@"), ("hxxp", "http"))


def read(text: str) -> tuple[IndicatorKind, str]:
    """Return what ``text`` names, and its plain form: ``hxxp://a[.]b`` is ``http://a.b``.

    Raises:
        ValueError: it is empty or too long.
    """
    value = text.strip()
    for fanged, plain in _FANGS:
        value = value.replace(fanged, plain)
    if not 0 < len(value) <= MAX_LENGTH:
        raise ValueError(f"an indicator has 1 to {MAX_LENGTH} characters")
    return _kind(value)


def _kind(value: str) -> tuple[IndicatorKind, str]:
    try:
        return IndicatorKind.IP, str(ipaddress.ip_address(value))
    except ValueError:
        pass
    if "/" in value:
        try:
            return IndicatorKind.NETWORK, str(ipaddress.ip_network(value, strict=False))
        except ValueError:
            pass
    if re.match(r"[a-z][a-z0-9+.-]*://\S+$", value, re.IGNORECASE):
        return IndicatorKind.URL, value
    if _HASH.fullmatch(value):
        return IndicatorKind.HASH, value.lower()
    local, at, domain = value.rpartition("@")
    if at and local and _DOMAIN.fullmatch(domain):
        return IndicatorKind.EMAIL, f"{local}@{domain.lower()}"
    if _DOMAIN.fullmatch(value):
        return IndicatorKind.DOMAIN, value.lower()
    return IndicatorKind.OTHER, value
