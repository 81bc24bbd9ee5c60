"""``/access/v1/``: decisions for other systems, after the AuthZEN Authorization API 1.0.

A refusal is an answer (200, ``decision: false``); 401 and 403 are about the caller itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from governance import boundary
from governance.actions import decisions
from governance.api import authzen_bodies as bodies
from governance.api import authzen_schema as schema
from governance.api import callers
from governance.board import when
from governance.domain import authzen
from governance.domain.actor import Actor
from governance.domain.authzen import Asked, Semantic, Unreadable, Wanted
from governance.domain.callers import Caller, Scope
from governance.domain.obligations import Kind
from governance.errors import ScopeMissing
from governance.queries import approvals, evaluating, requestable, searching
from governance.queries.evaluating import Answer, View
from governance.queries.sides import is_own_subject

ENDPOINTS = {
    "access_evaluation_endpoint": "evaluation",
    "access_evaluations_endpoint": "evaluations",
    "search_subject_endpoint": "search/subject",
    "search_resource_endpoint": "search/resource",
    "search_action_endpoint": "search/action",
    "access_request_endpoint": "requests",
}
ACCESS_REQUEST = "urn:openid:authzen:capability:access-request"
DRAFT = 1
"""Which draft of the Access Request and Approval Profile is spoken."""


class JSONAlone(BaseContentNegotiation):
    """Answers JSON whatever ``Accept`` says: enforcement points are no browsers."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return JSONRenderer(), "application/json"


class Asking(APIView):
    """What all endpoints have in common: who asks, within which scope, how often."""

    authentication_classes = [callers.BearerSignIn]
    permission_classes = []
    content_negotiation_class = JSONAlone
    scope: Scope = Scope.EVALUATE

    def post(self, request: Request) -> HttpResponse:
        """Answer one question of an enforcement point."""
        caller: Caller = request.user  # type: ignore[assignment]
        plain: HttpRequest = request._request
        at = when(plain)
        callers.require_scope(caller, self.scope)
        callers.count(caller, at=at)
        request_id = plain.META["wardroom.request_id"]
        by = Actor(ref=caller.ref, name=caller.slug)
        with boundary.acting(by, at=at, request_id=request_id):
            try:
                found = self.answer(bodies.body(plain), caller, at, request_id)
            except Unreadable as error:
                raise bodies.unreadable(error) from error
        return HttpResponse(msgspec.json.encode(found), content_type="application/json")

    def answer(self, body: Any, caller: Caller, at: datetime, request_id: str) -> dict[str, Any]:
        raise NotImplementedError


class Evaluation(Asking):
    """May this subject do this to that resource?"""

    @extend_schema(**schema.EVALUATION)
    def post(self, request: Request) -> HttpResponse:
        return super().post(request)

    def answer(self, body: Any, caller: Caller, at: datetime, request_id: str) -> dict[str, Any]:
        return _one(authzen.evaluation(body), evaluating.view(caller, at=at), request_id)


class Evaluations(Asking):
    """Many questions under one policy and at one instant."""

    @extend_schema(**schema.EVALUATIONS)
    def post(self, request: Request) -> HttpResponse:
        return super().post(request)

    def answer(self, body: Any, caller: Caller, at: datetime, request_id: str) -> dict[str, Any]:
        batch = authzen.evaluations(body)
        seen = evaluating.view(caller, at=at)
        if batch.is_single:
            (item,) = batch.items
            assert isinstance(item, Asked)
            return _one(item, seen, request_id)
        return {"evaluations": _many(batch.items, batch.semantic, seen, request_id)}


class _Search(Asking):
    scope = Scope.SEARCH
    wanted: Wanted

    def answer(self, body: Any, caller: Caller, at: datetime, request_id: str) -> dict[str, Any]:
        search = authzen.search(self.wanted, body)
        _require_type(caller, search.resource.type)
        seen = evaluating.view(caller, at=at)
        policy = seen.snapshot.sha256 if seen.snapshot else ""
        start = bodies.start(search, caller, policy)
        found = searching.find(search, seen, start)
        kind = {"subject": search.subject.type, "resource": search.resource.type}
        page: dict[str, Any] = {
            "next_token": bodies.token(search, caller, policy, found.next),
            "count": len(found.keys),
        }
        if found.total is not None:
            page["total"] = found.total
        return {
            "results": [
                {"name": key}
                if self.wanted is Wanted.ACTION
                else {"type": kind[self.wanted], "id": key}
                for key in found.keys
            ],
            "page": page,
            "context": {"evaluated_at": _instant(at), "policy": policy},
        }


class SubjectSearch(_Search):
    """Who may do this to that resource?"""

    wanted = Wanted.SUBJECT

    @extend_schema(**schema.SUBJECT_SEARCH)
    def post(self, request: Request) -> HttpResponse:
        return super().post(request)


class ResourceSearch(_Search):
    """To which resources may this subject do this?"""

    wanted = Wanted.RESOURCE

    @extend_schema(**schema.RESOURCE_SEARCH)
    def post(self, request: Request) -> HttpResponse:
        return super().post(request)


class ActionSearch(_Search):
    """What may this subject do to that resource?"""

    wanted = Wanted.ACTION

    @extend_schema(**schema.ACTION_SEARCH)
    def post(self, request: Request) -> HttpResponse:
        return super().post(request)


def configuration(request: HttpRequest) -> HttpResponse:
    """Say where the endpoints are: ``/.well-known/authzen-configuration`` (RFC 8615)."""
    base = settings.PUBLIC_URL.rstrip("/")
    found = {name: f"{base}/access/v1/{path}" for name, path in ENDPOINTS.items()}
    kinds = {
        "supported_obligations": [kind.value for kind in Kind],
        "capabilities": [ACCESS_REQUEST],
        "access_request_profile_draft": DRAFT,
    }
    return JsonResponse({"policy_decision_point": base, **found, **kinds})


def _one(asked: Asked, seen: View, request_id: str) -> dict[str, Any]:
    _require_type(seen.caller, asked.resource.type)
    (answer,) = evaluating.decide([asked], seen)
    evaluation_id = decisions.new_id()
    decisions.keep([(asked, answer, evaluation_id)], seen, request_id=request_id)
    return _shown(asked, answer, evaluation_id, seen, _instant(seen.at))


def _many(
    items: Sequence[Asked | Unreadable], semantic: Semantic, seen: View, request_id: str
) -> list[dict[str, Any]]:
    """Answer in order, up to the item that decides; an item that cannot be read is a refusal."""
    faults: dict[int, dict[str, Any]] = {}
    for number, item in enumerate(items):
        if isinstance(item, Unreadable):
            faults[number] = {"status": 400, "message": str(item), "pointer": item.pointer}
        elif not seen.caller.may_ask_about(item.resource.type):
            faults[number] = {"status": 403, "message": "Outside the scope of this key."}
    asked = [item for n, item in enumerate(items) if n not in faults and isinstance(item, Asked)]
    decided = iter(zip(asked, evaluating.decide(asked, seen), strict=True))
    base, instant, found, kept = decisions.new_id(), _instant(seen.at), [], []
    for number in range(len(items)):
        if number in faults:
            allow = False
            found.append({"decision": False, "context": {"error": faults[number]}})
        else:
            one, answer = next(decided)
            allow, evaluation_id = answer.decision.allow, f"{base}-{number}"
            kept.append((one, answer, evaluation_id))
            found.append(_shown(one, answer, evaluation_id, seen, instant))
        if (semantic is Semantic.DENY and not allow) or (semantic is Semantic.PERMIT and allow):
            break
    decisions.keep(kept, seen, request_id=request_id)
    return found


def _shown(
    asked: Asked, answer: Answer, evaluation_id: str, seen: View, instant: str
) -> dict[str, Any]:
    decision = answer.decision
    context: dict[str, Any] = {
        "evaluation_id": evaluation_id,
        "evaluated_at": instant,
        "reason": decision.reason,
        "policy": decision.policy_sha256,
    }
    if Scope.EXPLAIN in seen.caller.scopes:
        context["rule"] = decision.rule
        context["sentence"] = decision.sentence()
    if decision.obligations:
        context["obligations"] = [
            {"id": f"{evaluation_id}-o{number}", **one.as_json()}
            for number, one in enumerate(decision.obligations)
        ]
    if answer.ignored:
        context["ignored"] = list(answer.ignored)
    if (
        decision.reason in requestable.REASONS
        and asked.subject.type == "user"
        and is_own_subject(asked.subject)
        and asked.resource.type in evaluating.own_types()
    ):
        resource = f"{asked.resource.type}:{asked.resource.id}"
        if form := requestable.form_url(resource, asked.action):
            context["access_request"] = {"form_url": form}
            if Scope.REQUEST in seen.caller.scopes:
                context["access_request"] |= _submission(asked, evaluation_id, seen)
                context["next_action"] = "request"
    if "approval" in asked.context and not decision.allow:
        context |= _unhelped(asked, answer, seen, "access_request" in context)
    return {"decision": decision.allow, "context": context}


def _submission(asked: Asked, evaluation_id: str, seen: View) -> dict[str, Any]:
    """Return how to ask for what was refused, after the access-request profile."""
    return {
        "endpoint": f"{settings.PUBLIC_URL.rstrip('/')}/access/v1/requests",
        "expires_at": _instant(seen.at + approvals.DENIAL_LASTS),
        "binding_token": approvals.bind(asked, evaluation_id, pep=seen.caller.slug),
    }


def _unhelped(asked: Asked, answer: Answer, seen: View, is_requestable: bool) -> dict[str, Any]:
    """Say why the approval that came with a question did not help, and what to do next."""
    who = seen.people.get(f"{asked.subject.type}:{asked.subject.id}")
    found = approvals.judge(asked.context["approval"], asked, who, pep=seen.caller.slug, at=seen.at)
    next_action = found.next_action
    if next_action == "request" and not is_requestable:
        next_action = "none"
    told: dict[str, Any] = {
        "reason": found.reason,
        "policy_reason": answer.decision.reason,
        "next_action": next_action,
    }
    if found.retry_after is not None:
        told["retry_after"] = found.retry_after
    return told


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _require_type(caller: Caller, resource_type: str) -> None:
    if not caller.may_ask_about(resource_type):
        raise ScopeMissing("This key does not reach resources of this type.")
