"""The access-request profile in the OpenAPI document."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from governance.api import idempotency
from governance.api.authzen_schema import HEADERS, JSON, EvaluationRequest, PropertiesField

NAMESPACE = UUID("9b2f3a52-6e43-5b9c-8c07-0a4d2b7e51f6")


class RefusalReference(serializers.Serializer[JSON]):
    """The refusal that is asked from; more of its members may be sent and are ignored."""

    binding_token = serializers.CharField(help_text="`access_request.binding_token` of the answer.")
    evaluation_id = serializers.CharField(required=False)


class AccessTermWanted(serializers.Serializer[JSON]):
    """For how long; 30 days if it is not said."""

    requested_until = serializers.DateTimeField(required=False)


class AccessRequestWanted(EvaluationRequest):
    """The question that was refused, word for word, and what for (``context``)."""

    denial = RefusalReference()
    requested_access = AccessTermWanted(required=False)


class AccessTask(serializers.Serializer[JSON]):
    """The handle of a request; it counts for the key that it was given to."""

    id = serializers.CharField()
    status = serializers.ChoiceField(
        choices=["pending", "approved", "denied", "cancelled", "expired"]
    )
    status_endpoint = serializers.URLField()
    links: Any = PropertiesField(required=False)


class ApprovalReference(serializers.Serializer[JSON]):
    """What is sent again, unchanged, as ``context.approval``; it permits nothing by itself."""

    id = serializers.CharField()
    approved_at = serializers.DateTimeField()
    approved_until = serializers.DateTimeField()


class AccessResult(serializers.Serializer[JSON]):
    """How to go on: by asking for a decision anew."""

    mode = serializers.ChoiceField(choices=[("reevaluate", "reevaluate")])
    approval = ApprovalReference()


class AccessTaskAnswer(serializers.Serializer[JSON]):
    """A request, and its approval once access is granted."""

    task = AccessTask()
    result = AccessResult(required=False)


SUBMIT: dict[str, Any] = {
    "operation_id": "access_request_submit",
    "tags": ["access"],
    "request": {"application/json": AccessRequestWanted},
    "responses": {201: AccessTaskAnswer, 202: AccessTaskAnswer},
    "parameters": [*HEADERS, idempotency.parameter("asks", is_required=False)],
}
STATUS: dict[str, Any] = {
    "operation_id": "access_request_status",
    "tags": ["access"],
    "responses": {200: AccessTaskAnswer},
    "parameters": HEADERS,
}
