"""Keyset paging: the cost of a page does not grow with its number."""

from rest_framework.pagination import CursorPagination


class Pages(CursorPagination):
    """Fifty rows, up to two hundred, newest first by key."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"
