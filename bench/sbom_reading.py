"""One way of reading one document, in a process of its own: prints seconds and peak memory.

``python -m bench.sbom_reading ours|library|floor|plain FILE ROUNDS``; ``floor`` is ``orjson.loads``
of the same bytes and is run by the interpreter of the peers. The collector is off for both, as it
is in the child that reads documents; ``plain`` is the floor with the collector on, as it comes.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")


def ours(path: Path) -> Callable[[], Any]:
    from partners.domain.sboms import Bounds
    from partners.sbom import reader, schemas

    schemas.checker("1.4")
    bounds = Bounds(document_bytes=2**30, components=10**6)
    body = path.read_bytes()
    return lambda: reader.read(body, bounds=bounds, take=lambda component: None)


def floor(path: Path) -> Callable[[], Any]:
    import orjson

    body = path.read_bytes()
    return lambda: orjson.loads(body)


def library(path: Path) -> Callable[[], Any]:
    """What cyclonedx-python-lib offers: its strict validator, then its model."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    def work() -> Any:
        text = path.read_text("utf-8")
        fault = JsonStrictValidator(SchemaVersion.V1_4).validate_str(text)
        if fault is not None:
            raise ValueError(fault)
        return Bom.from_json(json.loads(text))

    return work


def main(way: str, file: str, rounds: int) -> None:
    work = {"ours": ours, "floor": floor, "plain": floor, "library": library}[way](Path(file))
    if way != "plain":
        gc.disable()
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        kept = work()
        best = min(best, time.process_time() - begun)
        del kept
    print(json.dumps({"seconds": best, "peak": peak()}))


def peak() -> float:
    """Return the greatest memory of this program in MiB.

    What ``getrusage`` tells begins with the size of whoever started us.
    """
    (line,) = (one for one in STATUS.read_text().splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) / 2**10


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
