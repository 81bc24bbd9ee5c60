"""``/access/v1/requests``: asking for what was refused, after a draft profile of AuthZEN.

The *Access Request and Approval Profile* is a draft; all that it needs is here and in
``queries.approvals``, and the metadata say which draft is spoken.
"""

from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpResponse
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.actions import requesting
from governance.api import authzen_profiles_schema as schema
from governance.api import callers, idempotency
from governance.api.authzen import Asking
from governance.board import when
from governance.domain import authzen
from governance.domain.authzen import Asked
from governance.domain.callers import Caller, Scope
from governance.errors import BadInput, NotFound, ScopeMissing
from governance.models import AccessRequest, GovernedSystem, RequestState
from governance.queries import approvals, requestable
from governance.queries.evaluating import person

NAMESPACE = schema.NAMESPACE
DAYS = 30
LONGEST_PURPOSE = 300
_ENDED = (RequestState.GRANTED, RequestState.DENIED, RequestState.CANCELED, RequestState.EXPIRED)


class Requests(Asking):
    """Where an enforcement point asks for what one of our people was refused."""

    scope = Scope.REQUEST

    @extend_schema(**schema.SUBMIT)
    def post(self, request: Request) -> HttpResponse:
        """Ask for access in the name of who was refused; the policy says whether they may ask."""
        caller: Caller = request.user  # type: ignore[assignment]
        self._key = idempotency.token_if_sent(request, of=caller.ref, within=NAMESPACE)
        answer = super().post(request)
        answer.status_code = 201 if self._row.state in _ENDED else 202
        answer["Location"] = _address(self._row, caller)
        return answer

    def answer(self, body: Any, caller: Caller, at: datetime, request_id: str) -> dict[str, Any]:
        asked = authzen.evaluation(body)
        if not caller.may_ask_about(asked.resource.type):
            raise ScopeMissing("This key does not reach resources of this type.")
        case, evaluation_id = approvals.read(_binding(body), asked, pep=caller.slug)
        user = person(asked.subject)
        wanted = (
            requestable.asked_for(
                approvals.reference(asked), asked.action, to=user.as_actor(has_mfa=True), at=at
            )
            if user
            else {}
        )
        if user is None or user.email is None or not wanted:
            raise BadInput("Access to this cannot be asked for.", pointer="/resource")
        self._row = requesting.submit(
            system=GovernedSystem.objects.get(pk=wanted["system"]),
            requester=user,
            principal=user.email,
            entitlement=wanted["entitlement"],
            scope=wanted["scope"] or approvals.reference(asked),
            resource=wanted["resource"],
            act=wanted["act"],
            purpose=_purpose(asked),
            days=_days(body, at=at),
            denial=requesting.Origin(case, evaluation_id),
            token=self._key,
            by=user.as_actor(),
            at=at,
        )
        return told(self._row, caller)


class OneRequest(Asking):
    """What became of one request."""

    scope = Scope.REQUEST
    http_method_names = ["get", "head", "options"]

    @extend_schema(**schema.STATUS)
    def get(self, request: Request, handle: str) -> HttpResponse:
        """Answer the enforcement point that asked; to others there is no such request."""
        caller: Caller = request.user  # type: ignore[assignment]
        callers.require_scope(caller, self.scope)
        callers.count(caller, at=when(request._request))
        row = approvals.task(handle, pep=caller.slug)
        if row is None:
            raise NotFound("There is no such task, or none of yours.")
        answer = HttpResponse(
            msgspec.json.encode(told(row, caller)), content_type="application/json"
        )
        if row.state not in _ENDED:
            answer["Retry-After"] = "30"
        return answer


def told(row: AccessRequest, caller: Caller) -> dict[str, Any]:
    """Return the task as the profile shows it, with the approval once access is granted."""
    base = settings.PUBLIC_URL.rstrip("/")
    found: dict[str, Any] = {
        "task": {
            "id": approvals.task_id(row, pep=caller.slug),
            "status": approvals.STATUS[RequestState(row.state)],
            "status_endpoint": _address(row, caller),
            "links": {"ticket": f"{base}/admin/governance/accessrequest/{row.pk}/change/"},
        }
    }
    given = approvals.approval(row, pep=caller.slug)
    if given is not None:
        found["result"] = {"mode": "reevaluate", "approval": given}
    return found


def _address(row: AccessRequest, caller: Caller) -> str:
    base = settings.PUBLIC_URL.rstrip("/")
    return f"{base}/access/v1/requests/{approvals.task_id(row, pep=caller.slug)}"


def _binding(body: dict[str, Any]) -> str:
    denial = body.get("denial")
    if type(denial) is not dict or type(denial.get("binding_token")) is not str:
        raise BadInput("Send the binding_token of the refusal.", pointer="/denial/binding_token")
    return str(denial["binding_token"])


def _purpose(asked: Asked) -> str:
    for name in ("purpose", "business_justification"):
        said = asked.context.get(name)
        if isinstance(said, str) and said.strip():
            if len(said) > LONGEST_PURPOSE or "\0" in said:
                raise BadInput(
                    f"At most {LONGEST_PURPOSE} characters, no NUL.", pointer=f"/context/{name}"
                )
            return said.strip()
    raise BadInput("Say what for.", pointer="/context/business_justification")


def _days(body: dict[str, Any], *, at: datetime) -> int:
    """Return for how long access is asked: whole days, begun ones counted; 30 if it is not said."""
    wanted = body.get("requested_access", {})
    until = wanted.get("requested_until") if type(wanted) is dict else ""
    if until is None:
        return DAYS
    place = "/requested_access/requested_until"
    try:
        end = parse_datetime(until) if isinstance(until, str) else None
    except ValueError:
        end = None
    if end is None or end.tzinfo is None:
        raise BadInput("An instant with its zone (RFC 3339).", pointer=place)
    days = -(-(end - at).total_seconds() // 86400)
    if not 1 <= days <= 365:
        raise BadInput("Between now and a year from now.", pointer=place)
    return int(days)
