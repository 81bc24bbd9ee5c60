"""The product as it is served, and beside it a view that only knows who asks."""

from config.wsgi import application

__all__ = ["application"]

from django.conf import settings
from django.http import HttpResponse
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.views import APIView

from governance.api import callers
from governance.api.authzen import JSONAlone


class Empty(APIView):
    """Authenticated as enforcement points are, and nothing else."""

    authentication_classes = [callers.BearerSignIn]
    permission_classes = []
    content_negotiation_class = JSONAlone

    def post(self, request: Request) -> HttpResponse:
        # Unread, the server would have to close the connection.
        assert request._request.body
        return HttpResponse(b"{}", content_type="application/json")


urlpatterns = [path("access/v1/empty", Empty.as_view()), path("", include("config.urls"))]
settings.ROOT_URLCONF = "bench.asked"
