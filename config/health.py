"""``/livez``, ``/readyz`` and ``/metrics``."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from config import metrics
from governance.models import PolicyHead


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Answer without touching anything else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Name each check. Without its cache Wardroom is degraded, without the rest not ready."""
    checks = {
        "database": _database(),
        "migrations": "unknown",
        "policy": "unknown",
        "cache": _cache(),
    }
    if checks["database"] == "ok":
        checks["migrations"] = _migrations()
        if checks["migrations"] == "ok":
            checks["policy"] = _policy()
    ready = all(checks[name] == "ok" for name in ("database", "migrations", "policy"))
    state = "ready" if ready and checks["cache"] == "ok" else "degraded" if ready else "not ready"
    return JsonResponse({"state": state, "checks": checks}, status=200 if ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            (user,) = cursor.fetchone()
    except DatabaseError as error:
        return f"no answer: {str(error).splitlines()[0]}" if str(error) else "no answer"
    return "ok" if user else "no user"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if not waiting else f"{len(waiting)} not applied: run manage.py migrate"


def _policy() -> str:
    published = PolicyHead.objects.filter(version__isnull=False).exists()
    return "ok" if published else "none published: run manage.py seed"


def _cache() -> str:
    try:
        cache.get("readyz")
    except RedisError as error:
        return f"no answer: {type(error).__name__}"
    return "ok"


@require_safe
def measurements(request: HttpRequest) -> HttpResponse:
    """Return the counters of this process."""
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4")
