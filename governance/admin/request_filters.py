"""Filters of the list of requests: how each stands on the clock, and below which site."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from governance.board import when
from governance.measures import below
from governance.models import PENDING, AccessRequest
from governance.models.access_request import AccessRequestQuerySet
from governance.queries import request_clock

Rows = QuerySet[AccessRequest]


class Stage(admin.SimpleListFilter):
    """Those that wait, unless something else is asked for: an inbox is no archive.

    Whatever other filter or search an address names looks at all of them, so that the records
    behind a figure stay the ones that it counts.
    """

    title = "stage"
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("finished", "Finished"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """Name what an address without a choice means."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Waiting"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows | None:
        if self.value() == "finished":
            return queryset.exclude(state__in=PENDING)
        is_plain = not set(request.GET) - {"o", "p"}
        return queryset.filter(state__in=PENDING) if is_plain else queryset


class Clock(admin.SimpleListFilter):
    """What the figure counts, and how: the records behind each of its numbers."""

    title = "clock"
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("counted", "Fell due, counts in the figure"),
            ("met", "Resolved in time"),
            ("missed", "Resolved late or never"),
            ("overdue", "Open and overdue"),
        ]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows | None:
        value = self.value()
        if value is None or not isinstance(queryset, AccessRequestQuerySet):
            return None
        at = when(request)
        rows = queryset.counted().filter(due_at__lt=at).with_resolution()
        if value == "met":
            return rows.filter(request_clock.met(at))
        if value == "missed":
            return rows.exclude(pk__in=rows.filter(request_clock.met(at)).values("pk"))
        return rows.filter(Q(done_at=None)) if value == "overdue" else rows


class Below(admin.SimpleListFilter):
    """A site and everything below it; chosen by the links of figures."""

    title = "site and below"
    parameter_name = "below"

    def has_output(self) -> bool:
        return self.value() is not None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        key = request.GET.get("below", "")
        site = below(int(key)).order_by("path").first() if key.isdecimal() else None
        return [(key, site.name)] if site else []

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows | None:
        value = self.value()
        if value is None or not value.isdecimal():
            return None
        return queryset.filter(system__site__in=below(int(value)))
