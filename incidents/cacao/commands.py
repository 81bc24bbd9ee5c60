"""Commands as people read and copy them."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any


def shown(command: Mapping[str, Any], target: str = "") -> tuple[str, str]:
    """Return the type of a command and its text, decoded; nothing of it is carried out."""
    kind = str(command.get("type", ""))
    if "command_b64" in command:
        try:
            text = base64.b64decode(str(command["command_b64"]), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            text = str(command["command_b64"])
    else:
        text = str(command.get("command", ""))
    content = command.get("content")
    if isinstance(content, str) and content:
        text = f"{text}\n\n{content}"
    return kind, text
