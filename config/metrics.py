"""Counters for Prometheus, by route and never by address."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

registry = CollectorRegistry()
_requests = Counter(
    "wardroom_requests", "Requests answered", ["method", "route", "status"], registry=registry
)
_seconds = Histogram(
    "wardroom_request_seconds", "Time to answer, in seconds", ["route"], registry=registry
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    _requests.labels(method if method in METHODS else "other", route, str(status)).inc()
    _seconds.labels(route).observe(seconds)


def exposition() -> bytes:
    """Return the counters of this process in the Prometheus text format."""
    return generate_latest(registry)
