"""Our extension of CACAO steps: acts of this product, effect classes, approvals.

It stands in ``step_extensions`` (CACAO 2.0, chapter 9), so that the document stays valid and
other engines show the manual command that it belongs to. See decision 025.
"""

from collections.abc import Mapping
from typing import Any

from incidents.cacao import parts
from incidents.domain.engine.states import Effect

ID = "extension-definition--3c5d2a3e-8f2b-5f0e-9a51-6d1f6f0a7c25"
Part = Mapping[str, Any]


def of(step: Part) -> Part:
    """Return what our extension says of a step."""
    return parts.inner(parts.inner(step, "step_extensions"), ID)


def command(step: Part, number: int) -> Part:
    """Return what it says of the command ``number`` (from 0)."""
    return parts.inner(parts.inner(of(step), "commands"), str(number))


def approvals(step: Part, number: int) -> int:
    """Return how many people have to pass it; 0 where nobody is named."""
    wanted = command(step, number).get("approvals", of(step).get("approvals", 0))
    return min(max(wanted, 0), 9) if isinstance(wanted, int) else 0


def effect(step: Part, number: int, default: Effect) -> Effect:
    """Return the effect class that the author declares, else ``default``."""
    declared = command(step, number).get("effect")
    known = [one.value for one in Effect if one is not Effect.HUMAN]
    found = Effect(declared) if declared in known else default
    if found is Effect.CHECKABLE and not probe(step, number):
        return default
    return found


def probe(step: Part, number: int) -> str:
    """Return the request line that tells whether it has happened, empty without one."""
    line = command(step, number).get("probe", "")
    return line if isinstance(line, str) else ""
