"""Which published schema judges which declared version."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from catalog.documents import schema

NEWEST = "v3.1.0"

_FOLDER = Path(__file__).parent / "schemas"
_JUDGES = MappingProxyType(
    {
        "v2.2.0": "v2.2.2",  # the schemas of 2.2.x differ in their default version only
        "v2.2.1": "v2.2.2",
        "v2.2.2": "v2.2.2",
        "v3.0.1": "v3.0.1",
        "v3.0.2": "v3.0.2",
        "v3.1.0": "v3.1.0",
    }
)


def judge(declared: str) -> tuple[str, bool]:
    """Return the version whose schema judges a ``declared`` one, and whether it is its own.

    3.0.0 has no schema here; the newest names it among those that it accepts.
    """
    if declared in _JUDGES:
        return _JUDGES[declared], True
    return NEWEST, False


def is_second_major(declared: str) -> bool:
    """Return whether ``declared`` is of the 2.x line, whose members have other names."""
    return re.match(r"v?2\.", declared) is not None


@cache
def validator(version: str) -> Any:
    """Return the compiled schema of ``version``, which `judge` returned."""
    found: dict[str, Any] = json.loads((_FOLDER / f"odcs-{version}.json").read_text("utf-8"))
    return schema.compiled(found)
