"""``/portal/api/v1/findings/{id}/statements/``: a partner's answer, in the words of VEX."""

import json
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api import idempotency
from governance.board import when, who
from governance.errors import NotFound
from partners import queries
from partners.actions import answering
from partners.api.doors import Contacts, once
from partners.api.findings import MISSING
from partners.api.shapes import FindingRow, Row
from partners.domain.answers import Justification, Status
from partners.domain.portal import Scope


class StatementForm(serializers.Serializer[Row]):
    """What the partner says; ``not_affected`` needs a justification or details."""

    status = serializers.ChoiceField(choices=[one.value for one in Status])
    justification = serializers.ChoiceField(
        choices=[one.value for one in Justification], allow_blank=True, default=""
    )
    detail = serializers.CharField(max_length=2000, allow_blank=True, default="")
    action = serializers.CharField(
        max_length=2000, allow_blank=True, default="", help_text="What to do, if affected."
    )


class Statements(Contacts, APIView):
    """Answer for one of the caller's own findings."""

    scopes = {"POST": Scope.STATEMENTS}

    @extend_schema(
        operation_id="portal_statements_create",
        request=StatementForm,
        responses={201: FindingRow},
        parameters=[idempotency.parameter("answers", is_required=False)],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Take the answer as a claim; return the finding as it then stands."""
        by, at = who(request._request), when(request._request)
        found = queries.findings(to=by, at=at).select_related(
            "product__partner", "product__site", "vulnerability", "component"
        )
        finding = found.filter(pk=pk).first()
        if finding is None:
            raise NotFound(MISSING)
        form = StatementForm(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = form.validated_data

        def answer() -> Response:
            answering.give(finding, **given, by=by, at=at)
            row = queries.rows(queries.findings(to=by, at=at).filter(pk=pk)).get()
            return Response(FindingRow(row).data, status=201)

        return once(request, self.partner, json.dumps(given, sort_keys=True).encode(), answer)
