"""Many incidents at once, as reports count them: rows only, none of their acts."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from django.db import transaction

from governance.models import Site
from incidents.models import Incident, MilestoneEntry

_number = count(100_001)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Case:
    """One incident by its times; None is not answered yet."""

    site: Site
    detected: datetime
    detect: timedelta | None = HOUR
    acknowledge: timedelta | None = timedelta(minutes=5)
    contain: timedelta | None = HOUR
    restore: timedelta | None = 5 * HOUR
    severity: str = "SEV3"
    kind: str = "live"

    def times(self) -> dict[str, datetime]:
        """Return the milestones that are known."""
        after = {
            "acknowledged": self.acknowledge,
            "contained": self.contain,
            "restored": self.restore,
        }
        found = {"detected": self.detected, "alert_raised": self.detected}
        if self.detect is not None:
            found["initial_compromise"] = self.detected - self.detect
        for kind, took in after.items():
            if took is not None:
                found[kind] = self.detected + took
        return found


@transaction.atomic
def recorded(cases: Iterable[Case]) -> list[Incident]:
    """Keep the incidents of ``cases``; each milestone was answered in its own second."""
    held = list(cases)
    incidents = Incident.objects.bulk_create(
        Incident(
            year=one.detected.year,
            number=next(_number),
            token=uuid4(),
            title="Something was odd",
            severity=one.severity,
            kind=one.kind,
            site=one.site,
            phase="active" if one.restore is None else "closed",
            closed_at=None if one.restore is None else one.detected + one.restore,
            declared_by="user:1",
            declared_at=one.detected,
        )
        for one in held
    )
    MilestoneEntry.objects.bulk_create(
        answer(incident, kind, instant)
        for incident, one in zip(incidents, held, strict=True)
        for kind, instant in one.times().items()
    )
    return incidents


def answer(
    incident: Incident,
    kind: str,
    instant: datetime | None,
    *,
    set_at: datetime | None = None,
    seq: int = 1,
    status: str = "known",
) -> MilestoneEntry:
    """Return one answer, exact to the second, that is not kept yet."""
    return MilestoneEntry(
        incident=incident,
        kind=kind,
        seq=seq,
        status=status,
        starts_at=instant,
        ends_at=None if instant is None else instant + timedelta(seconds=1),
        source="human",
        reason="" if seq == 1 and status == "known" else "looked again",
        set_by="user:1",
        set_at=set_at or instant or incident.declared_at,
    )


def scattered(
    sites: Sequence[Site], number: int, *, start: datetime, days: int, seed: int, scale: float = 1.0
) -> list[Case]:
    """Return cases spread over ``days``; one in ten is not restored yet."""
    source = random.Random(seed)
    cases = []
    for place in range(number):
        took = [scale * source.lognormvariate(mean, 1.0) for mean in (9, 6, 8, 10)]
        detect, acknowledge, contain, restore = (timedelta(seconds=round(one)) for one in took)
        is_open = source.random() < 0.1
        cases.append(
            Case(
                sites[place % len(sites)],
                start + timedelta(seconds=source.randrange(days * 86_400)),
                detect,
                acknowledge,
                contain,
                None if is_open else contain + restore,
                source.choice(("SEV1", "SEV2", "SEV3", "SEV3", "SEV4")),
            )
        )
    return cases
