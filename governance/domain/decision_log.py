"""Which decisions the log keeps, and for how many each of them stands."""

from collections.abc import Mapping
from zlib import crc32

from governance.domain.decisions import Decision

READS = ":read"
SENSITIVE = frozenset({"confidential", "restricted"})


def weight(
    decision: Decision,
    act: str,
    resource: Mapping[str, object],
    evaluation_id: str,
    *,
    one_in: int,
) -> int:
    """Return for how many decisions like it this one is kept; 0 where it is not.

    Refusals, errors, acts that change something, permits that oblige to something, and
    whatever concerns confidential data are kept each. Other permits are a sample of one in
    ``one_in`` by the checksum of their id, so that nobody chooses which; 0 keeps none.
    """
    if (
        not decision.allow
        or decision.obligations
        or (":" in act and not act.endswith(READS))
        or resource.get("level") in SENSITIVE
    ):
        return 1
    if one_in and crc32(evaluation_id.encode()) % one_in == 0:
        return one_in
    return 0
