"""What a process does first that is about to read a stranger's document: it limits itself."""

from __future__ import annotations

import gc
import resource

MEMORY_BYTES = 2**30
PROCESSOR_SECONDS = 60


def limit() -> None:
    """Bound the memory and processor time of this process, and collect no garbage.

    Everything lives until the end of it; collecting would only walk it again and again.
    """
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    _limit(resource.RLIMIT_CPU, PROCESSOR_SECONDS)
    gc.disable()


def _limit(kind: int, value: int) -> None:
    """Lower a limit; macOS refuses some, where the wall clock of the parent must do."""
    try:
        _, hard = resource.getrlimit(kind)
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (ceiling, hard))
    except (ValueError, OSError):
        return
