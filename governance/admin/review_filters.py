"""Filters of the list of reviewed access: how each was answered."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.board import when
from governance.models import AccessReviewItem
from governance.models.access_review import AccessReviewItemQuerySet

Rows = QuerySet[AccessReviewItem]


class Answered(admin.SimpleListFilter):
    """What the figure counts, and what still waits: for a person, or for a look into the system."""

    title = "answer"
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("waiting", "Waits for a decision"),
            ("in_time", "Due, decided in time"),
            ("missed", "Due, decided late or never"),
            ("unverified", "Revoked, not yet seen to be gone"),
        ]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows | None:
        value = self.value()
        if value is None or not isinstance(queryset, AccessReviewItemQuerySet):
            return None
        if value == "waiting":
            return queryset.waiting()
        if value == "unverified":
            return queryset.unverified()
        due = queryset.counted(at=when(request))
        if value == "missed":
            return due.exclude(pk__in=due.in_time().values("pk"))
        return due.in_time()
