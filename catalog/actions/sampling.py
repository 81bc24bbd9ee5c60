"""Looking at values: judged at once, and only the judgment is kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from catalog.actions.proposing import Judged
from catalog.detectors import values
from catalog.detectors.proposals import Proposal
from catalog.errors import NotHarvested
from catalog.harvest import sampling
from catalog.harvest.postgresql import HarvestFailed
from catalog.harvest.sampling import Sample

SAMPLED_KINDS = frozenset({"postgresql"})
"""Kinds of systems whose values can be looked at."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column whose values are wanted."""

    source_key: str
    name: str
    physical_type: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What values speak for, and which could not be looked at."""

    judged: Judged = field(default_factory=dict)
    unsampled: tuple[str, ...] = ()
    """Name and reason of each table or column that could not be read."""


def judge(kind: str, dsn: str, columns: Iterable[Wanted], *, at: datetime) -> Looked:
    """Sample ``columns`` and judge each before the next; no value outlives its judgment.

    Outside of any transaction of ours: the other server may take its time.

    Raises:
        NotHarvested: systems of ``kind`` cannot be sampled, or this one does not answer.
    """
    if kind not in SAMPLED_KINDS:
        raise NotHarvested(f"values of {kind} cannot be looked at; of {', '.join(SAMPLED_KINDS)}")
    wanted = {column.source_key: column for column in columns}
    judged: dict[str, tuple[Proposal, ...]] = {}
    unsampled = []
    try:
        for found in sampling.sample(dsn, wanted):
            if isinstance(found, Sample):
                column = wanted[found.source_key]
                judged[found.source_key] = values.judge(
                    values.Column(column.name, found.values, column.physical_type), on=at.date()
                )
            else:
                unsampled.append(f"{found.place}: {found.code}")
    except HarvestFailed as error:
        raise NotHarvested(f"{error.detail} ({error.code})") from None
    return Looked(judged, tuple(unsampled))
