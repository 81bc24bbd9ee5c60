"""The inputs of a decision as the log keeps them: small, and enough to ask again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance.domain import circumstances
from governance.domain.decisions import Question

SUBJECT, RESOURCE, ENVIRONMENT = "s", "r", "e"
_USUAL = {"party": "", "service": False}
"""What nearly every subject has, and what is therefore not written."""


def recorded(question: Question) -> dict[str, dict[str, object]]:
    """Return the attributes that ``question`` was decided on, without what goes unsaid."""
    subject = {
        name: value
        for name, value in question.subject_attributes.items()
        if name not in _USUAL or _USUAL[name] != value
    }
    whole = {
        SUBJECT: subject,
        RESOURCE: dict(question.resource_attributes),
        ENVIRONMENT: circumstances.unusual(question.environment),
    }
    return {name: found for name, found in whole.items() if found}


def again(
    *, at: datetime, subject: str, act: str, resource: str, domain: str, inputs: Mapping[str, Any]
) -> Question:
    """Return the question that a row of the log was the answer to, at ``at``."""
    return Question(
        subject=subject,
        action=act,
        resource_type=resource.partition(":")[0],
        resource=resource,
        domain=domain,
        subject_attributes={**_USUAL, **inputs.get(SUBJECT, {})},
        resource_attributes=dict(inputs.get(RESOURCE, {})),
        environment=circumstances.claimed(at, inputs.get(ENVIRONMENT, {})),
    )
