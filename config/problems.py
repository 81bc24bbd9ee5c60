"""Every refusal as RFC 9457 ``application/problem+json``, for APIs and pages alike."""

import logging
import re
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated

from governance import context
from governance.domain.decisions import Reason
from governance.errors import BadInput, NotAllowed, WardroomError
from governance.queries import refusals

log = logging.getLogger(__name__)

MACHINE_PREFIXES = ("/api/", "/portal/api/", "/access/")


def wants_problem(request: HttpRequest) -> bool:
    """Say whether this address answers machines."""
    return request.path.startswith(MACHINE_PREFIXES)


def describe(error: Exception) -> dict[str, Any]:
    """Return the members of the problem document for ``error``; 500 for the unexpected."""
    if isinstance(error, WardroomError):
        body: dict[str, Any] = {
            "type": f"urn:wardroom:problem:{error.code}",
            "title": error.title,
            "status": error.status,
            "code": error.code,
            "detail": error.detail,
        }
        if isinstance(error, BadInput):
            if error.pointer:
                body["pointer"] = error.pointer
            if error.line is not None:
                body["line"] = error.line
        if isinstance(error, NotAllowed):
            body["reason"] = error.decision.reason
        return body
    if isinstance(error, BadRequest | SuspiciousOperation):
        return _plain(400, "bad_request", "The request cannot be read. Nothing was changed.")
    if isinstance(error, ValidationError):
        return _plain(400, "bad_input", " ".join(error.messages))
    if isinstance(error, (OperationalError, InterfaceError)):
        return _plain(
            503, "database_unavailable", "The database does not answer. Nothing was changed."
        )
    if isinstance(error, DataError):
        return _plain(400, "bad_input", "A value does not fit: a NUL, or a number beyond bounds.")
    if isinstance(error, RedisError):
        return _plain(
            503,
            "cache_unavailable",
            "The cache does not answer, so nobody signs in or asks for now.",
        )
    if isinstance(error, Http404):
        return _plain(404, "not_found", "There is nothing here, or nothing for you.")
    if isinstance(error, PermissionDenied):
        # Whole pages of the board are open to those whose roles open them somewhere.
        return {
            **_plain(403, "not_allowed", "None of your roles opens this page."),
            "reason": Reason.DENY_NO_RULE,
            "sentence": "None of your roles opens this page. An administrator gives roles.",
        }
    if isinstance(error, NotAuthenticated | AuthenticationFailed):
        return _plain(401, "not_signed_in", "Sign in first: this needs a session.")
    if isinstance(error, APIException):
        return _of_framework(error)
    return _plain(500, "internal", "Something broke here. Nothing was changed.")


def told(error: Exception) -> dict[str, Any]:
    """Return :func:`describe` with what would lift a refusal, as far as the actor may know."""
    body = describe(error)
    now = context.current()
    if isinstance(error, NotAllowed):
        body |= {"act": error.act, "sentence": error.decision.sentence()}
        if now is not None:
            body |= refusals.way_out(error, now)
    return body


def _ways_from(request: HttpRequest) -> dict[str, Any]:
    """Return what a refused page of the board leads to, where somebody is signed in."""
    now, match = context.current(), request.resolver_match
    page = getattr(match.func, "model_admin", None) if match else None
    act = getattr(page, "read_act", None)
    if now is None or match is None or page is None or act is None:
        return {}
    key = str(match.kwargs.get("object_id", ""))
    resource = f"{page.model.resource_type()}:{key}" if key.isascii() and key.isdecimal() else ""
    return refusals.whole_page(now, resource=resource, act=str(act))


def _plain(status: int, code: str, detail: str) -> dict[str, Any]:
    return {
        "type": f"urn:wardroom:problem:{code}",
        "title": HTTPStatus(status).phrase.capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
    }


def _of_framework(error: APIException) -> dict[str, Any]:
    """Translate an error of REST framework; field errors become RFC 6901 pointers."""
    code = error.default_code if error.status_code != 400 else "bad_input"
    detail = error.detail
    if not isinstance(detail, dict):
        text = " ".join(str(part) for part in detail) if isinstance(detail, list) else str(detail)
        return _plain(error.status_code, code, text)
    body = _plain(error.status_code, code, "Some fields cannot be read.")
    body["errors"] = [
        {
            "pointer": f"/{name}",
            "detail": " ".join(map(str, texts)) if isinstance(texts, list) else str(texts),
        }
        for name, texts in detail.items()
    ]
    return body


def problem(body: dict[str, Any]) -> HttpResponse:
    """Return ``body`` as a problem document, with ``Retry-After`` where waiting helps."""
    now = context.current()
    if now is not None:
        body.setdefault("request_id", now.request_id)
    response = JsonResponse(body, status=body["status"], content_type="application/problem+json")
    if body["status"] == 503:
        response["Retry-After"] = "5"
    return response


def page(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """Return the same refusal as a page for people."""
    now = context.current()
    if now is not None:
        body.setdefault("request_id", now.request_id)
    elif reference := request.META.get("wardroom.request_id"):
        body.setdefault("request_id", reference)
    response = render(request, "problem.html", {"problem": body}, status=body["status"])
    if body["status"] == 503:
        response["Retry-After"] = "5"
    return response


def respond(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer ``error`` in the form that this address speaks."""
    body = told(error)
    if isinstance(error, PermissionDenied):
        body |= _ways_from(request)
    if body["status"] >= 500:
        log.error("request failed: %s", type(error).__name__, exc_info=error)
    return problem(body) if wants_problem(request) else page(request, body)


def answer(error: Exception, view: dict[str, Any]) -> HttpResponse | None:
    """Exception handler of REST framework; JSON also where the view renders something else."""
    body = told(error)
    if body["status"] >= 500:
        log.error("API request failed: %s", type(error).__name__, exc_info=error)
    response = problem(body)
    if isinstance(error, WardroomError):
        for name, value in error.headers.items():
            response[name] = value
    if isinstance(error, APIException) and (wait := getattr(error, "wait", None)):
        response["Retry-After"] = str(int(wait))
    if isinstance(error, APIException) and (challenge := getattr(error, "auth_header", None)):
        response["WWW-Authenticate"] = challenge
    return response


REQUEST_ID = re.compile(r"[!-~]{1,200}")
