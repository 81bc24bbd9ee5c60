"""The client of a witness: C2SP tlog-witness, ``add-checkpoint``."""

import base64
import http.client
import re
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

TIMEOUT_SECONDS = 5.0
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


def _ask(url: str, method: str, path: str, body: bytes | None) -> tuple[int, str]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, parts.path.rstrip("/") + path, body)
        answer = connection.getresponse()
        return answer.status, answer.read(MAX_ANSWER).decode()
    except (OSError, http.client.HTTPException, UnicodeDecodeError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error
    finally:
        connection.close()
