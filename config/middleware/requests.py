"""The outermost layer: request id, one log line, security headers, answers to failures."""

import hashlib
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from config import csp, metrics, problems

log = structlog.get_logger("request")

DELIVERIES = "/portal/deliver/"
LOGGED = 64
"""Longer ids are echoed as they came, and logged by their SHA-256."""


class RequestMiddleware:
    """Names the request, times it, and writes exactly one line about it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        shown = request.headers.get("X-Request-ID", "")
        if not problems.REQUEST_ID.fullmatch(shown):
            shown = uuid.uuid4().hex
        request_id = shown if len(shown) <= LOGGED else hashlib.sha256(shown.encode()).hexdigest()
        request.META["wardroom.request_id"] = request_id
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        response["X-Request-ID"] = shown
        for name, value in csp.headers_for(request.path).items():
            response.setdefault(name, value)
        route = request.resolver_match.view_name if request.resolver_match else "none"
        metrics.observe(request.method or "", route, response.status_code, seconds)
        if route not in ("livez", "readyz", "metrics"):
            log.info(
                "request",
                method=request.method,
                path=_logged(request.path),
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                request_id=request_id,
            )
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        return problems.respond(request, error)


def _logged(path: str) -> str:
    """Return a path as it is logged: without what would let somebody in."""
    return f"{DELIVERIES}…" if path.startswith(DELIVERIES) else path
