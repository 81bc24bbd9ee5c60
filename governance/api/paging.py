"""Keyset paging: the cost of a page does not grow with its number."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from governance.errors import BadInput


class Pages(CursorPagination):
    """Fifty rows, up to two hundred, newest first by key."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        """Return one page.

        Raises:
            BadInput: the cursor was not made here.
        """
        try:
            return super().paginate_queryset(self.narrowed(queryset, request, view), request, view)
        except (ValueError, TypeError, OverflowError, ValidationError, DataError) as error:
            raise BadInput("This cursor was not made here.", pointer="/cursor") from error

    def narrowed(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: Any
    ) -> QuerySet[Any] | Sequence[Any]:
        """Return what the page is taken from: all, unless that would cost too much."""
        return queryset
