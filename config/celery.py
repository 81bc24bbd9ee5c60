"""Celery carries nudges; the rows of ``governance.job`` are the work."""

import os
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def broker_url(redis_url: str) -> str:
    """Return kombu's form of a redis-py address: a socket is ``redis+socket://``."""
    if not redis_url.startswith("unix://"):
        return redis_url
    parts = urlsplit(redis_url)
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


app = Celery("wardroom")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 600,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 5,
        "socket_timeout": 10,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_soft_time_limit=210,
    task_time_limit=240,
    task_default_queue="default",
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=20,
    worker_enable_soft_shutdown_on_idle=True,
    worker_max_tasks_per_child=500,
    worker_hijack_root_logger=False,
    timezone="UTC",
    beat_schedule={"tick": {"task": "governance.tick", "schedule": 5.0, "options": {"expires": 5}}},
    imports=["governance.tasks"],
)
app.set_default()
