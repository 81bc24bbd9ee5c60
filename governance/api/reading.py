"""Reading what machines send."""

import json
import re
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class StrictJSON(JSONParser):
    """JSON in UTF-8 that means one thing: no repeated members, no infinity, whole characters."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the value sent.

        Raises:
            ParseError: it is not JSON, nested too deeply, or can be read in two ways.
        """
        try:
            return strict(stream.read())
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from error


def strict(sent: bytes) -> Any:
    """Return the value that ``sent`` says.

    Raises:
        ValueError: it is not JSON, or can be read in two ways.
        RecursionError: it is nested too deeply.
    """
    value = json.loads(
        sent.decode("utf-8"),
        object_pairs_hook=_members,
        parse_float=_finite,
        parse_constant=_refused,
    )
    if _SURROGATE.search(sent):
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError("half a character") from error
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number beyond bounds")
    return number


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
