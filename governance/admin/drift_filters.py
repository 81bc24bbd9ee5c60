"""Filter of the list of drift: what is not closed, unless something else is asked for."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.models import DriftFinding, DriftState

Rows = QuerySet[DriftFinding]
# Links that ask for states or days of closing by themselves get just what they ask for.
_ASKED = ("state", "closed_at", "first_seen_at")
ALL = "all"


class Standing(admin.SimpleListFilter):
    """Everything that is not closed, one state, or all."""

    title = "state"
    parameter_name = "stands"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        self._is_asked = any(name.startswith(_ASKED) for name in request.GET)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((str(key), str(label)) for key, label in DriftState.choices), (ALL, "All")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "As the link asked" if self._is_asked else "Not closed"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        value = self.value()
        if value in DriftState.values:
            return queryset.filter(state=value)
        if value == ALL or self._is_asked:
            return queryset
        return queryset.exclude(state=DriftState.CLOSED)
