"""Reading what machines send."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from governance.domain import strict_json

_loads = strict_json.decoder()


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
    return _loads(sent.decode("utf-8"))
