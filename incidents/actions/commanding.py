"""Commands before they are sent: rendered, approved, intended, or called off."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models.functions import Now

from incidents.actions.storing import Loaded
from incidents.domain.engine.plan import Order
from incidents.domain.engine.state import Step
from incidents.domain.engine.states import StepState
from incidents.domain.engine.walk import Walk
from incidents.executors import acts, extension, http_api, outcomes
from incidents.executors.rendering import Unrendered
from incidents.models import Approval, CommandRun, Run
from incidents.models.approval import ApprovalState
from incidents.models.command_run import CommandState

Turn = tuple[dict[str, Any], Run, Loaded]
"""The document, the locked run, and its rows."""
APPROVED_WITHIN = timedelta(hours=24)


def finder(walk: Walk, step: Step) -> Callable[[str], str | None]:
    """Return a way to look up the variables that ``step`` sees."""
    scopes = walk.scopes(step.key)

    def find(name: str) -> str | None:
        found = walk.state.values.find(name, scopes)
        return found[1] if found else None

    return find


def render(turn: Turn, walk: Walk, step: Step) -> tuple[Order, dict[str, Any]]:
    """Return the command that ``step`` is at, filled in.

    Raises:
        Unrendered: it cannot be filled in safely.
    """
    document = turn[0]
    written = document["workflow"][step.key.step]
    order = walk.planned(step.key).orders[step.order]
    find = finder(walk, step)
    said = extension.command(written, order.command)
    if "act" in said:
        return order, acts.render(written["commands"][order.command], said, find)
    return order, http_api.render(document, written, order.command, order.target, find)


def intend(turn: Turn, walk: Walk, step: Step, pk: int, *, at: datetime) -> str:
    """Write that the command is to be sent, once; return why that is impossible, if it is."""
    _, run, loaded = turn
    if loaded.before.get(step.key) == (StepState.READY, step.order):
        return ""  # it was intended when the step came to it
    try:
        order, request = render(turn, walk, step)
    except Unrendered as error:
        return str(error)
    digest = outcomes.digest(request)
    if order.approvals and not _is_approved(pk, step, digest):
        return "what was approved is not what would be sent now"
    visit = step.key
    CommandRun.objects.create(
        run=run,
        step_run_id=pk,
        order=step.order,
        target=order.target,
        key=outcomes.key(run.pk, visit.token, visit.step, visit.visit, step.order, order.target),
        effect=order.effect.value,
        is_simulated=(run.is_drill and request["type"] != acts.TYPE) or _is_drilled(run, request),
        request=request,
        request_sha256=digest,
        due_at=Now(),
    )
    return ""


def _is_drilled(run: Run, request: dict[str, Any]) -> bool:
    """In a drill only acts that change nothing are carried out."""
    if not run.is_drill:
        return False
    act = acts.acts.get(request.get("act", ""))
    return act is None or act.effect.value != "pure"


def request(turn: Turn, walk: Walk, step: Step, pk: int, *, at: datetime) -> str:
    """Ask others to pass the rendered command; return why that is impossible, if it is."""
    document, run, _ = turn
    if Approval.objects.filter(step_run=pk, order=step.order, state=ApprovalState.OPEN).exists():
        return ""
    try:
        order, request = render(turn, walk, step)
    except Unrendered as error:
        return str(error)
    role = extension.of(document["workflow"][step.key.step]).get("approved_by", "")
    Approval.objects.create(
        run=run,
        step_run_id=pk,
        order=step.order,
        request=request,
        request_sha256=outcomes.digest(request),
        role=str(role)[:80],
        needed=order.approvals,
        requested_by=run.started_by,
        requested_at=at,
        expires_at=at + APPROVED_WITHIN,
    )
    return ""


def _is_approved(pk: int, step: Step, digest: str) -> bool:
    given = Approval.objects.filter(step_run=pk, order=step.order, state=ApprovalState.GIVEN)
    return given.filter(request_sha256=digest).exists()


def cancel(pk: int, *, at: datetime) -> None:
    """Never send what is only intended, and ask nobody any more; what is under way is not cut."""
    CommandRun.objects.filter(step_run=pk, state=CommandState.INTENDED).update(
        state=CommandState.CANCELLED, ended_at=at
    )
    Approval.objects.filter(step_run=pk, state=ApprovalState.OPEN).update(
        state=ApprovalState.VOID, ended_at=at
    )
