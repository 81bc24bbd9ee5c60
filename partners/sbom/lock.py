"""Components out of a requirements lock."""

from __future__ import annotations

import re

from partners.domain.components import ComponentIdentity, fold_name

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")


def from_lock(text: str) -> tuple[ComponentIdentity, ...]:
    """Return the PyPI components that a requirements lock pins, sorted by name.

    Packages behind an environment marker (another platform) are included: the lock ships them.

    Raises:
        ValueError: a requirement that is not pinned with ``==``, or no requirement at all.
    """
    found: dict[str, ComponentIdentity] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line[0].isspace() or line.startswith(("#", "-")):
            continue
        pin = _PIN.match(line)
        if pin is None:
            raise ValueError(f"line {number} is not a pinned requirement")
        name = fold_name("PyPI", pin[1])
        found[name] = ComponentIdentity("pypi", "", name, pin[2])
    if not found:
        raise ValueError("no requirement in the lock")
    return tuple(found[name] for name in sorted(found))
