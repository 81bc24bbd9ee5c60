"""One POST to an address that somebody outside named.

The name is looked up once and the connection goes to that very address, so that a second
look-up cannot lead elsewhere; the certificate must still be the name's.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from partners.domain.webhooks import SECONDS, may_be_called

LONGEST_ANSWER = 4096


class BadAddress(ValueError):
    """The address may not be called; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or 0 and why none came."""

    status: int
    said: str

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def check(url: str, *, allowed: Sequence[str] = ()) -> SplitResult:
    """Return the parts of an address that may be called at all.

    ``allowed`` lists hosts (``name:port``) that may be called wherever they lie: for tests.

    Raises:
        BadAddress: not https, with a user, a fragment or another port, or no host.
    """
    if len(url) > 500 or not url.isascii() or not url.isprintable() or " " in url:
        raise BadAddress("An address is up to 500 printable ASCII characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadAddress("This is no address.") from error
    if parts.scheme != "https":
        raise BadAddress("Only https addresses are called.")
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise BadAddress("Name a host, and neither user nor fragment.")
    if parts.netloc not in allowed and port not in (None, 443, 8443):
        raise BadAddress("Only the ports 443 and 8443 are called.")
    if parts.netloc not in allowed and _is_private_literal(parts.hostname):
        raise BadAddress("Private, local and reserved addresses are not called.")
    return parts


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Sequence[str] = (),
    authority: str = "",
) -> Answer:
    """Send ``body`` and return the answer; redirects are answers like any other.

    ``authority`` is a file of certificates to trust besides the system's: for tests.
    """
    began = time.monotonic()
    try:
        parts = check(url, allowed=allowed)
        host, port = str(parts.hostname), parts.port or 443
        address = _resolve(host, port, is_free=parts.netloc in allowed)
    except BadAddress as error:
        return Answer(0, str(error))
    except OSError as error:
        return Answer(0, f"the name was not found: {error}"[:200])
    context = ssl.create_default_context()
    if authority:
        context.load_verify_locations(authority)
    connection = _Pinned(host, port, address=address, context=context, until=began + SECONDS)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        _drain(answer, connection, until=began + SECONDS)
    except TimeoutError:
        return Answer(0, f"no whole answer within {SECONDS} s")
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"{type(error).__name__}: {error}"[:200])
    finally:
        connection.close()
    return Answer(answer.status, f"{answer.status} {answer.reason}"[:200])


class _Pinned(http.client.HTTPSConnection):
    """Connects to one address, and asks there for the certificate of the name."""

    def __init__(
        self, host: str, port: int, *, address: str, context: ssl.SSLContext, until: float
    ) -> None:
        super().__init__(host, port, timeout=_left(until), context=context)
        self._address, self._pinned_context = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._pinned_context.wrap_socket(plain, server_hostname=self.host)


def _resolve(host: str, port: int, *, is_free: bool) -> str:
    """Return the address to call: the first, and only if all of them may be called."""
    found = [row[4][0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not is_free and not all(may_be_called(str(one)) for one in found):
        raise BadAddress("The name leads to a private, local or reserved address.")
    return str(found[0])


def _drain(answer: http.client.HTTPResponse, connection: _Pinned, *, until: float) -> None:
    """Read a little of the answer, so that a slow one ends with the time and not later."""
    read = 0
    while read < LONGEST_ANSWER:
        if connection.sock is not None:
            connection.sock.settimeout(_left(until))
        part = answer.read1(LONGEST_ANSWER - read)
        if not part:
            return
        read += len(part)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _is_private_literal(host: str) -> bool:
    try:
        return not may_be_called(str(ipaddress.ip_address(host)))
    except ValueError:
        return False
