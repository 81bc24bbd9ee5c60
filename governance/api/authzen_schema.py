"""The AuthZEN interface in the OpenAPI document. Bodies are read in ``authzen_bodies``."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from governance.domain.authzen import Semantic

JSON = dict[str, Any]
PropertiesField = serializers.DictField


class EntityReference(serializers.Serializer[JSON]):
    """A subject or a resource; ``properties`` are what the caller claims of it."""

    type = serializers.CharField(max_length=1000)
    id = serializers.CharField(max_length=1000)
    properties = PropertiesField(required=False)


class EntityPattern(serializers.Serializer[JSON]):
    """What is looked for; an ``id`` is ignored."""

    type = serializers.CharField(max_length=1000)
    properties = PropertiesField(required=False)


class ActionReference(serializers.Serializer[JSON]):
    """An act, such as ``catalog:asset:read``."""

    name = serializers.CharField(max_length=1000)
    properties = PropertiesField(required=False)


class EvaluationRequest(serializers.Serializer[JSON]):
    """One question."""

    subject = EntityReference()
    action = ActionReference()
    resource = EntityReference()
    context: Any = PropertiesField(required=False)


class EvaluationItem(serializers.Serializer[JSON]):
    """One question of a batch; members that it lacks are taken, whole, from the top."""

    subject = EntityReference(required=False)
    action = ActionReference(required=False)
    resource = EntityReference(required=False)
    context: Any = PropertiesField(required=False)


class EvaluationsOptions(serializers.Serializer[JSON]):
    """When a batch stops."""

    evaluations_semantic = serializers.ChoiceField(
        choices=[semantic.value for semantic in Semantic], required=False
    )


class EvaluationsRequest(EvaluationItem):
    """Up to 1,000 questions; without any, one question."""

    evaluations = EvaluationItem(many=True, required=False)
    options = EvaluationsOptions(required=False)


class DecisionContext(serializers.Serializer[JSON]):
    """Why, and under which policy."""

    evaluation_id = serializers.CharField(required=False)
    evaluated_at = serializers.DateTimeField(required=False)
    reason = serializers.CharField(required=False)
    policy = serializers.CharField(required=False, help_text="SHA-256 of the policy.")
    rule = serializers.CharField(required=False, help_text="With the scope `explain`.")
    sentence = serializers.CharField(required=False, help_text="With the scope `explain`.")
    ignored = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Claims that did not count."
    )
    access_request = serializers.DictField(
        required=False, help_text="How to ask for it; with the scope `request` over this API too."
    )
    next_action = serializers.CharField(required=False, help_text="`request`, `retry` or `none`.")
    retry_after = serializers.IntegerField(required=False, help_text="Seconds.")
    policy_reason = serializers.CharField(
        required=False, help_text="Where `reason` says why an approval did not help."
    )
    error = serializers.DictField(required=False, help_text="Why an item could not be read.")


class DecisionAnswer(serializers.Serializer[JSON]):
    """A decision."""

    decision = serializers.BooleanField()
    context: Any = DecisionContext(required=False)


class DecisionsAnswer(serializers.Serializer[JSON]):
    """Decisions in the order of the questions; one answer alone where there was one question."""

    evaluations = DecisionAnswer(many=True, required=False)
    decision = serializers.BooleanField(required=False)
    context: Any = DecisionContext(required=False)


class PageWanted(serializers.Serializer[JSON]):
    """Which page; a limit of 0 asks for the count alone."""

    token = serializers.CharField(required=False, allow_blank=True)
    limit = serializers.IntegerField(required=False, min_value=0)


class PageFound(serializers.Serializer[JSON]):
    """``next_token`` is empty on the last page; ``total`` is there where it is exact."""

    next_token = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()
    total = serializers.IntegerField(required=False)


class SubjectSearchRequest(serializers.Serializer[JSON]):
    """Who may?"""

    subject = EntityPattern()
    action = ActionReference()
    resource = EntityReference()
    context: Any = PropertiesField(required=False)
    page = PageWanted(required=False)


class ResourceSearchRequest(serializers.Serializer[JSON]):
    """To which?"""

    subject = EntityReference()
    action = ActionReference()
    resource = EntityPattern()
    context: Any = PropertiesField(required=False)
    page = PageWanted(required=False)


class ActionSearchRequest(serializers.Serializer[JSON]):
    """What?"""

    subject = EntityReference()
    resource = EntityReference()
    context: Any = PropertiesField(required=False)
    page = PageWanted(required=False)


class SearchContext(serializers.Serializer[JSON]):
    """Under which policy, and when."""

    evaluated_at = serializers.DateTimeField()
    policy = serializers.CharField()


class FoundEntity(serializers.Serializer[JSON]):
    """A subject or a resource."""

    type = serializers.CharField()
    id = serializers.CharField()


class FoundAction(serializers.Serializer[JSON]):
    """An act."""

    name = serializers.CharField()


class EntitiesFound(serializers.Serializer[JSON]):
    """Each of them decides true."""

    results = FoundEntity(many=True)
    page = PageFound()
    context: Any = SearchContext()


class ActionsFound(serializers.Serializer[JSON]):
    """Each of them decides true."""

    results = FoundAction(many=True)
    page = PageFound()
    context: Any = SearchContext()


HEADERS = [
    OpenApiParameter(
        "X-Request-ID",
        str,
        OpenApiParameter.HEADER,
        description="Echoed as it came: up to 200 visible ASCII characters.",
    )
]


def _operation(name: str, request: type, response: type) -> dict[str, Any]:
    return {
        "operation_id": name,
        "tags": ["access"],
        "request": {"application/json": request},
        "responses": {200: response},
        "parameters": HEADERS,
    }


EVALUATION = _operation("access_evaluation", EvaluationRequest, DecisionAnswer)
EVALUATIONS = _operation("access_evaluations", EvaluationsRequest, DecisionsAnswer)
SUBJECT_SEARCH = _operation("access_search_subject", SubjectSearchRequest, EntitiesFound)
RESOURCE_SEARCH = _operation("access_search_resource", ResourceSearchRequest, EntitiesFound)
ACTION_SEARCH = _operation("access_search_action", ActionSearchRequest, ActionsFound)
