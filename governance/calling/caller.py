"""One call to an address that somebody else named.

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

from governance.domain.addresses import may_be_called

SECONDS = 10
"""How long one call may take, from the look-up of the name to the end of the answer."""
LONGEST_ANSWER = 4096


class BadAddress(ValueError):
    """The address may not be called; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or 0 and why none came.

    ``has_begun`` says whether a byte of the request may have left us; ``body`` is the part of
    the answer that was read.
    """

    status: int
    said: str
    has_begun: bool = True
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def check(url: str, *, allowed: Sequence[str] = (), plain: Sequence[str] = ()) -> SplitResult:
    """Return the parts of an address that may be called at all.

    ``allowed`` lists hosts (``name:port``) that may be called wherever they lie, ``plain``
    those that may be called without https and at any port.

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
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.netloc in plain):
        raise BadAddress("Only https addresses are called.")
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise BadAddress("Name a host, and neither user nor fragment.")
    if parts.netloc not in (*allowed, *plain) and port not in (None, 443, 8443):
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
    """Send ``body`` and return the answer; see :func:`call`."""
    return call("POST", url, body, headers, allowed=allowed, authority=authority)


def call(
    method: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Sequence[str] = (),
    plain: Sequence[str] = (),
    authority: str = "",
    keep: int = LONGEST_ANSWER,
) -> Answer:
    """Call an address and return the answer; redirects are answers like any other.

    ``authority`` is a file of certificates to trust besides the system's; ``keep`` bytes of
    the answer are read, and no more.
    """
    began, has_begun = time.monotonic(), False
    try:
        parts = check(url, allowed=allowed, plain=plain)
        host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
        address = _resolve(host, port, is_free=parts.netloc in allowed)
    except BadAddress as error:
        return Answer(0, str(error), False)
    except OSError as error:
        return Answer(0, f"the name was not found: {error}"[:200], False)
    connection = _connection(parts.scheme, host, port, address, authority, until=began + SECONDS)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.connect()
        has_begun = True
        connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        read = _drain(answer, connection, keep=keep, until=began + SECONDS)
    except TimeoutError:
        return Answer(0, f"no whole answer within {SECONDS} s", has_begun)
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"{type(error).__name__}: {error}"[:200], has_begun)
    finally:
        connection.close()
    return Answer(answer.status, f"{answer.status} {answer.reason}"[:200], True, read)


def _connection(
    scheme: str, host: str, port: int, address: str, authority: str, *, until: float
) -> http.client.HTTPConnection:
    if scheme == "http":
        return _Plain(host, port, address=address, until=until)
    context = ssl.create_default_context()
    if authority:
        context.load_verify_locations(authority)
    return _Pinned(host, port, address=address, context=context, until=until)


class _Plain(http.client.HTTPConnection):
    """Connects to one address, whatever the name leads to by now."""

    def __init__(self, host: str, port: int, *, address: str, until: float) -> None:
        super().__init__(host, port, timeout=_left(until))
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


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


def _drain(
    answer: http.client.HTTPResponse,
    connection: http.client.HTTPConnection,
    *,
    keep: int,
    until: float,
) -> bytes:
    """Read the first of the answer, so that a slow one ends with the time and not later."""
    read = b""
    while len(read) < keep:
        if connection.sock is not None:
            connection.sock.settimeout(_left(until))
        part = answer.read1(keep - len(read))
        if not part:
            break
        read += part
    return read


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
