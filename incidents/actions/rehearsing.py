"""Walking a runbook without effects, with the hosts and acts of this installation."""

from collections.abc import Mapping
from datetime import datetime

from incidents.actions import keeping, plans
from incidents.errors import ValueUnfit
from incidents.executors import rehearsal
from incidents.executors.rehearsal import Kind, Rehearsal


def walk(
    document: bytes, *, values: Mapping[str, str], answers: Mapping[str, str], at: datetime
) -> Rehearsal:
    """Return what a run of ``document`` would do; nothing is sent and nothing is kept.

    Raises:
        PlaybookInvalid: it breaks a rule of CACAO 2.0.
        ValueUnfit: a value or an answer fits nothing in it.
    """
    keeping.judged(document)
    content, plan = plans.read(document)
    try:
        return rehearsal.rehearse(content, plan, values=values, answers=answers, at=at)
    except rehearsal.Unfit as error:
        raise ValueUnfit(f"{error}.") from error


def summary(found: Rehearsal) -> str:
    """Return in one line what it would take."""
    said = [
        f"{found.count(Kind.PERSON)} for people",
        _many(found.count(Kind.DECISION), "question"),
        _many(found.count(Kind.ACT), "act") + " of Wardroom",
        f"{found.count(Kind.SENT)} sent",
        _many(found.count(Kind.APPROVAL), "approval"),
    ]
    return f"{', '.join(said)}; ends {found.ending or 'nowhere'}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
