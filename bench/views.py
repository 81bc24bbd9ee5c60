"""Lists to compare, and their addresses: the same seven columns in two ways."""

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config import health
from governance.models import Membership

PAGE = 100
COLUMNS = ("id", "user__email", "role__slug", "site__slug", "valid_from", "granted_by", "reason")


class Row(serializers.ModelSerializer[Membership]):
    """Who holds what where: the same seven columns as the projection."""

    user = serializers.CharField(source="user.email")
    role = serializers.CharField(source="role.slug")
    site = serializers.CharField(source="site.slug")

    class Meta:
        model = Membership
        fields = ("id", "user", "role", "site", "valid_from", "granted_by", "reason")


class Bare(APIView):
    """A view of the framework without authentication, so that the list alone is compared."""

    authentication_classes = ()
    permission_classes = ()


class Empty(Bare):
    def get(self, request: Request) -> Response:
        return Response({})


class Projection(Bare):
    def get(self, request: Request) -> Response:
        return Response(list(Membership.objects.order_by("-id").values(*COLUMNS)[:PAGE]))


class Instances(Bare):
    def get(self, request: Request) -> Response:
        rows = Membership.objects.select_related("user", "role", "site").order_by("-id")[:PAGE]
        return Response(Row(rows, many=True).data)


urlpatterns = [
    path("livez", health.livez),
    path("empty", Empty.as_view()),
    path("projection", Projection.as_view()),
]
