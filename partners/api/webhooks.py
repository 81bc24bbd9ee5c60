"""``/portal/api/v1/webhooks/``: addresses that are told, their secrets, and each delivery."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance import access
from governance.board import when, who
from governance.errors import NotFound, ScopeMissing
from partners.actions import webhooks
from partners.api.doors import Contacts
from partners.api.keys import KeyHolder
from partners.api.shapes import Row
from partners.domain.portal import Scope
from partners.domain.webhooks import KINDS
from partners.models import Webhook, WebhookMessage
from partners.permissions import Act

SHOWN = 50
FIELDS = (
    "id", "url", "kinds", "created_at", "previous_until", "delivered_at", "failing_since",
    "disabled_at", "disabled_why",
)  # fmt: skip


class WebhookRow(serializers.Serializer[Row]):
    """An address that is told; its secret is shown when it is made or rotated, and never again."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=list(KINDS)))
    created_at = serializers.DateTimeField()
    previous_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then the secret before a rotation signs too."
    )
    delivered_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True)
    disabled_at = serializers.DateTimeField(allow_null=True)
    disabled_why = serializers.CharField(allow_blank=True)


class WebhookList(serializers.Serializer[Row]):
    """All webhooks of the caller's partner, the newest first."""

    results = WebhookRow(many=True)


class WebhookForm(serializers.Serializer[Row]):
    """An https address on port 443 or 8443, open to the Internet."""

    url = serializers.CharField(max_length=500)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=list(KINDS)), allow_empty=False
    )


class WebhookWithSecret(WebhookRow):
    """A webhook with the secret that signs, shown this once."""

    secret = serializers.CharField()


class DeliveryRow(serializers.Serializer[Row]):
    """One message: when it was taken, or what was answered last."""

    id = serializers.UUIDField(help_text="The `webhook-id` of every try.")
    kind = serializers.CharField()
    created_at = serializers.DateTimeField()
    attempts = serializers.IntegerField()
    answer = serializers.CharField(allow_blank=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True, help_text="When it was given up.")


class DeliveryList(serializers.Serializer[Row]):
    """The newest fifty messages to one webhook."""

    results = DeliveryRow(many=True)


class _Webhooks(Contacts, APIView):
    """Reading takes the scope ``read``, changing a key with ``webhooks``: pages ask people anew."""

    scopes = {"POST": Scope.WEBHOOKS, "DELETE": Scope.WEBHOOKS}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in self.scopes and not isinstance(request.user, KeyHolder):
            raise ScopeMissing(
                "Webhooks are changed by a key with the scope webhooks, or on the page Automation."
            )

    def own(self, request: Request) -> QuerySet[Webhook]:
        """Return the webhooks that the caller may read."""
        by, at = who(request._request), when(request._request)
        return access.visible(Webhook.objects.all(), to=by, act=Act.WEBHOOK_READ, at=at)

    def one(self, request: Request, pk: UUID) -> Webhook:
        """Return one of them.

        Raises:
            NotFound: there is none of this key, or none for the caller.
        """
        row = self.own(request).select_related("partner").filter(pk=pk).first()
        if row is None:
            raise NotFound("There is no such webhook, or none for you.")
        return row


class Webhooks(_Webhooks):
    """The webhooks of the caller's partner."""

    @extend_schema(operation_id="portal_webhooks_list", responses=WebhookList)
    def get(self, request: Request) -> Response:
        """List them."""
        rows = self.own(request).order_by("-created_at", "pk").values(*FIELDS)
        return Response(WebhookList({"results": list(rows)}).data)

    @extend_schema(
        operation_id="portal_webhooks_create",
        request=WebhookForm,
        responses={201: WebhookWithSecret},
    )
    def post(self, request: Request) -> Response:
        """Register an address; its secret is in the answer, this once, so no call is repeated."""
        by, at = who(request._request), when(request._request)
        form = WebhookForm(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = form.validated_data
        row, secret = webhooks.register(partner=self.partner, **given, by=by, at=at)
        return _with_secret(row.pk, secret, status=201)


class WebhookDetail(_Webhooks):
    """One webhook."""

    @extend_schema(operation_id="portal_webhooks_retrieve", responses=WebhookRow)
    def get(self, request: Request, pk: UUID) -> Response:
        """Return it; another partner's is answered like none."""
        return Response(_told(self.one(request, pk).pk))

    @extend_schema(operation_id="portal_webhooks_disable", responses=WebhookRow)
    def delete(self, request: Request, pk: UUID) -> Response:
        """Disable it: it is told nothing any more, and stays listed."""
        by, at = who(request._request), when(request._request)
        row = self.one(request, pk)
        webhooks.disable(row, why=f"Disabled by {by.name}.", by=by, at=at)
        return Response(_told(row.pk))


class Rotation(_Webhooks):
    """A new secret for a webhook."""

    @extend_schema(
        operation_id="portal_webhooks_rotate", request=None, responses={200: WebhookWithSecret}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Rotate it; for seven days the secret before signs every message too."""
        row = self.one(request, pk)
        secret = webhooks.rotate(row, by=who(request._request), at=when(request._request))
        return _with_secret(row.pk, secret, status=200)


class TestDelivery(_Webhooks):
    """A message that tests a webhook."""

    @extend_schema(
        operation_id="portal_webhooks_test",
        request=None,
        responses={202: OpenApiResponse(DeliveryRow, "Written; it is sent within a minute.")},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Write a message of the kind `webhook.test`; five an hour."""
        row = self.one(request, pk)
        message = webhooks.test(row, by=who(request._request), at=when(request._request))
        return Response(DeliveryRow(_delivery(message)).data, status=202)


class Deliveries(_Webhooks):
    """What a webhook was told."""

    @extend_schema(operation_id="portal_webhooks_deliveries", responses=DeliveryList)
    def get(self, request: Request, pk: UUID) -> Response:
        """List the newest messages with what was answered."""
        rows = WebhookMessage.objects.filter(webhook=self.one(request, pk)).order_by(
            "-created_at", "pk"
        )
        return Response(DeliveryList({"results": [_delivery(one) for one in rows[:SHOWN]]}).data)


def _told(pk: UUID) -> Any:
    return WebhookRow(Webhook.objects.filter(pk=pk).values(*FIELDS).get()).data


def _with_secret(pk: UUID, secret: str, *, status: int) -> Response:
    row = Webhook.objects.filter(pk=pk).values(*FIELDS).get()
    headers = {"Location": reverse("portal-api-webhook", args=[pk]), "Cache-Control": "no-store"}
    told = WebhookWithSecret({**row, "secret": secret}).data
    return Response(told, status=status, headers=headers)


def _delivery(row: WebhookMessage) -> dict[str, Any]:
    names = ("id", "kind", "created_at", "attempts", "answer", "delivered_at", "ended_at")
    return {name: getattr(row, name) for name in names}
