"""The client of a witness: C2SP tlog-witness, ``add-checkpoint``."""

import base64
import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Sequence
from urllib.parse import SplitResult, quote, urlsplit

TIMEOUT_SECONDS = 5.0
"""For all of a call, from reaching the witness to the last byte of its answer."""
MAX_ANSWER = 128 * 1024
MAX_PROOF = 63


class Unreachable(Exception):
    """The witness did not answer, or not as a witness does."""


class Refused(Exception):
    """The witness refuses; the same again will be refused too."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


class Conflict(Exception):
    """The witness has seen another size than it was told."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the witness is at {size}")
        self.size = size


def submit(url: str, note: str, old_size: int, proof: Sequence[bytes]) -> str:
    """Ask the witness at ``url`` to cosign ``note``; return its signature line.

    ``proof`` shows that the head continues the one of ``old_size``, which the witness saw.
    Redirects are not followed.

    Raises:
        Conflict: it has seen another size.
        Refused: it refuses.
        Unreachable: it did not answer in time, or not as a witness does.
    """
    if len(proof) > MAX_PROOF:
        raise ValueError(f"a proof has at most {MAX_PROOF} lines")
    lines = [f"old {old_size}", *(base64.b64encode(one).decode() for one in proof), "", note]
    status, answer = _ask(url, "POST", "/add-checkpoint", "\n".join(lines).encode())
    if status == 200:
        return _one_line(answer)
    if status == 409 and re.fullmatch(r"(0|[1-9][0-9]{0,18})\n", answer):
        raise Conflict(int(answer))
    if 400 <= status < 500:
        raise Refused(status, answer.strip()[:200])
    raise Unreachable(f"answered {status}")


def _one_line(answer: str) -> str:
    """Return the line of a cosignature; its signature is checked by whoever keeps it."""
    line, end, rest = answer.partition("\n")
    if not end or rest or not line.startswith("— "):
        raise Unreachable("answered something else than a cosignature")
    return line


def latest(url: str, origin: str) -> str | None:
    """Return the newest note of the log ``origin`` that the witness at ``url`` cosigned.

    Raises:
        Refused: it refuses to say.
        Unreachable: it did not answer in time, or not as a witness does.
    """
    status, answer = _ask(url, "GET", f"/checkpoint?origin={quote(origin, safe='')}", None)
    if status == 200:
        return answer
    if status == 404:
        return None
    if 400 <= status < 500:
        raise Refused(status, answer.strip()[:200])
    raise Unreachable(f"answered {status}")


class _Deadline:
    """One instant for all steps of a call: a limit for each could be stretched byte by byte."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("no whole answer in time")
        return left


class _Incoming(io.RawIOBase):
    """What comes over a connection, each read of it within what is left of the time."""

    def __init__(self, peer: socket.socket, deadline: _Deadline) -> None:
        self._peer = peer
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._peer.settimeout(self._deadline.left())
        return self._peer.recv_into(buffer)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Stand for the socket where an answer wants to read from one."""
        return io.BufferedReader(self)


def _ask(url: str, method: str, path: str, body: bytes | None) -> tuple[int, str]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
    deadline = _Deadline(TIMEOUT_SECONDS)
    try:
        connection.sock = _reach(connection, parts, deadline)
        connection.request(method, parts.path.rstrip("/") + path, body)
        incoming = _Incoming(connection.sock, deadline)
        answer = http.client.HTTPResponse(incoming, method=method)  # type: ignore[arg-type]
        answer.begin()
        return answer.status, answer.read(MAX_ANSWER).decode()
    except (OSError, http.client.HTTPException, UnicodeDecodeError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _reach(
    connection: http.client.HTTPConnection, parts: SplitResult, deadline: _Deadline
) -> socket.socket:
    """Connect, to the first of its addresses that answers; only the resolver has its own time."""
    host, failed = connection.host, OSError(f"{connection.host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, connection.port, type=socket.SOCK_STREAM
    ):
        peer = socket.socket(family, kind, protocol)
        try:
            peer.settimeout(deadline.left())
            peer.connect(address)
            if parts.scheme == "https":
                peer.settimeout(deadline.left())
                peer = ssl.create_default_context().wrap_socket(peer, server_hostname=host)
            peer.settimeout(deadline.left())
        except OSError as error:
            peer.close()
            failed = error
        else:
            return peer
    raise failed
