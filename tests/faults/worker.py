"""A Celery application like the product's, with one more kind of job: a slow, visible one."""

import time

import django

from config.celery import app

django.setup()

from governance import registries  # noqa: E402  models need the set-up above
from governance.models import Notice, User  # noqa: E402
from governance.registries import JobKind, JobRun  # noqa: E402

SECONDS = 1.0


def handle(run: JobRun) -> None:
    """Write half of the effect, dawdle, write the other half."""
    user = User.objects.get(pk=str(run.payload["user"]))
    for half in ("first", "second"):
        Notice.objects.create(
            user=user,
            key=f"{run.payload['number']}:{half}:{run.attempt}",
            subject="s",
            text="t",
            created_at=run.at,
        )
        time.sleep(SECONDS / 2)


registries.job_kinds.add("fault", JobKind(handle, "Slow work for fault tests"))
__all__ = ["app"]
