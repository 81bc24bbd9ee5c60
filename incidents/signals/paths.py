"""Values of an event by JSON pointer (RFC 6901), and the few steps that turn them into text."""

from typing import Any

MAX_TEXT = 4_000


def steps(pointer: str) -> tuple[str, ...]:
    """Return the steps of a pointer.

    Raises:
        ValueError: it is none.
    """
    if not pointer.startswith("/"):
        raise ValueError("a JSON pointer begins with /")
    return tuple(one.replace("~1", "/").replace("~0", "~") for one in pointer[1:].split("/"))


def value(event: Any, path: tuple[str, ...]) -> Any:
    """Return what stands at ``path``, None where nothing does."""
    for step in path:
        if isinstance(event, dict):
            event = event.get(step)
        elif isinstance(event, list) and step.isascii() and step.isdecimal() and len(step) < 7:
            place = int(step)
            event = event[place] if place < len(event) else None
        else:
            return None
    return event


def text(found: Any) -> str:
    """Write a value as one line of text; what is no text, number or truth value gives none."""
    if isinstance(found, str):
        return found[:MAX_TEXT].strip()
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int | float):
        return str(found)[:MAX_TEXT].strip()
    return ""


def between(found: str, before: str, after: str) -> str:
    """Return what stands between two marks, all of it where a mark is missing."""
    if before and before in found:
        found = found.split(before, 1)[1]
    if after and after in found:
        found = found.split(after, 1)[0]
    return found


def pairs(found: Any) -> dict[str, str]:
    """Read ``key=value key="a value"`` as auditd and syslog write it."""
    held: dict[str, str] = {}
    rest = found[:MAX_TEXT] if isinstance(found, str) else ""
    while "=" in rest:
        name, _, rest = rest.partition("=")
        name = name.split()[-1] if name.split() else ""
        if rest[:1] in ('"', "'"):
            inner, _, rest = rest[1:].partition(rest[0])
        else:
            inner, _, rest = rest.partition(" ")
        if name:
            held.setdefault(name, inner)
    return held
