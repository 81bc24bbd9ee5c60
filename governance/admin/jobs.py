"""Background work on the board: due, running, failed, dead."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.actions import running
from governance.board import GovernedAdmin, when, who
from governance.models import Job
from governance.permissions import Act


@admin.register(Job)
class JobAdmin(GovernedAdmin[Job]):
    read_act = Act.JOB_READ
    list_display = [
        "key",
        "state",
        "due_at",
        "attempt",
        "failures",
        "lost",
        "done_at",
        "last_error",
    ]
    list_filter = ["state", "kind"]
    search_fields = ["key"]
    actions = ["retry"]

    @admin.action(description="Try dead ones again")
    def retry(self, request: HttpRequest, rows: QuerySet[Job]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: running.retry(row, by=who(request), at=when(request), reason=why),
            "jobs made ready",
        )
