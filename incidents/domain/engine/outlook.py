"""What comes next, read from the document: the line that a token stands on, to its end."""

from incidents.domain.engine.plan import Plan, Planned, StepType

_MOST = 60


def ahead(plan: Plan, at: str) -> list[Planned]:
    """Return the steps after the step ``at``, as they follow when all goes well.

    A step with branches is one of them; what lies in its branches is met when it is there.
    """
    found: list[Planned] = []
    key = plan.steps[at].following if at in plan.steps else ""
    while key in plan.steps and len(found) < _MOST:
        step = plan.steps[key]
        if step.type is not StepType.START and step.type is not StepType.END:
            found.append(step)
        key = step.following
    return found
