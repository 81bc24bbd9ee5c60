"""What a sensor has seen, in the few words that all sensors share, and when it is an alarm."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from incidents.domain.incidents import Severity

MAX_AHEAD = timedelta(hours=1)
"""A clock that is further ahead than this is wrong."""
MANY_RULES, MANY_WITHIN = 5, timedelta(hours=1)
CROWN_JEWEL = 5
"""The criticality of an asset without which a plant stands still."""


class Weight(IntEnum):
    """How bad a signal says that it is; the numbers are the scores of the design."""

    LOW = 1
    MEDIUM = 2
    HIGH = 4
    CRITICAL = 8

    @property
    def slug(self) -> str:
        """The word that mappers and pages use."""
        return self.name.lower()


class Environment(StrEnum):
    """Where it was seen."""

    ONPREM = "onprem"
    CLOUD = "cloud"
    PARTNER = "partner"

    @property
    def label(self) -> str:
        """The words that pages use."""
        return {"onprem": "on premises", "cloud": "cloud", "partner": "at a partner"}[self.value]


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as its mapper reads it.

    ``content`` is the SHA-256 of the event in its canonical form: the same id with another
    content is a contradiction, not a repetition.
    """

    event_id: str
    content: str
    observed_at: datetime
    title: str
    rule: str
    weight: Weight
    asset: str = ""
    site: str = ""
    environment: Environment = Environment.ONPREM
    entities: Mapping[str, str] = field(default_factory=dict)


def dedup_key(environment: str, thing: str, rule: str, weight: Weight) -> str:
    """Return what makes two signals one alert: where, on what, by which rule, how bad.

    ``thing`` is the reference of an asset, or the name that a sensor has for one.
    """
    parts = (environment, thing.casefold(), rule, weight.slug)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def alarm(
    weight: Weight, *, is_restricted: bool, criticality: int | None, rules_of_asset: int
) -> str:
    """Return why an alert is an alarm, in words; empty where it waits for a person.

    ``rules_of_asset`` counts the different rules that fired on one known asset of late.
    """
    if weight is Weight.CRITICAL and criticality == CROWN_JEWEL:
        return "critical on an asset without which a plant stands still"
    if weight is Weight.CRITICAL and is_restricted:
        return "critical on an asset with restricted data"
    if rules_of_asset >= MANY_RULES:
        hours = int(MANY_WITHIN.total_seconds() // 3600)
        return f"{rules_of_asset} different rules on one asset within {hours} h"
    return ""


def severity(weight: Weight, *, criticality: int | None = None) -> Severity:
    """Return how severe an incident begins that an alert of this weight leads to."""
    if weight is Weight.CRITICAL:
        return Severity.SEV1 if criticality == CROWN_JEWEL else Severity.SEV2
    return {
        Weight.HIGH: Severity.SEV2,
        Weight.MEDIUM: Severity.SEV3,
        Weight.LOW: Severity.SEV4,
    }[weight]
