"""Whose interface this is: ours, or that of partner contacts."""

from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.views import APIView

from governance.board import who


class Staff(APIView):
    """For a partner contact the interface is not there."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if who(request._request).party:
            raise Http404


class Contacts(APIView):
    """For our people the portal's interface is not there."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not who(request._request).party:
            raise Http404
