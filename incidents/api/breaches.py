"""Breach decisions and notices of an incident."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.board import when, who
from governance.errors import NotFound
from incidents.actions import judging, notifying
from incidents.api.rooms import OfIncident, given
from incidents.domain.breaches import Facts, Loss, ProductHarm, Verdict
from incidents.domain.notice_duties import NoticeState, standing
from incidents.models import BreachDecision, NoticeDuty
from incidents.queries import affected, drafting

NOTICE = (
    "id", "rule", "rules_version", "title", "recipient", "article", "why", "starts_at",
    "due_at", "is_provisional", "state", "standing", "sent_at", "sent_by", "reference",
    "ruled_out_at", "ruled_out_by", "reason",
)  # fmt: skip


class BreachDecisionRow(serializers.ModelSerializer[BreachDecision]):
    """One decision with its facts, the rule, and the version of the rules."""

    proposed = serializers.ChoiceField(choices=[one.value for one in Verdict])
    verdict = serializers.ChoiceField(choices=[one.value for one in Verdict])

    class Meta:
        model = BreachDecision
        fields = (
            "seq", "facts", "proposed", "rule", "article", "rules_version", "rules_sha256",
            "verdict", "reason", "decided_by", "decided_at",
        )  # fmt: skip


class BreachDecisionForm(serializers.Serializer[Any]):
    """The facts as they are known, and what is decided."""

    losses = serializers.ListField(
        child=serializers.ChoiceField(choices=[one.value for one in Loss]), default=list
    )
    is_personal = serializers.BooleanField(default=False)
    level = serializers.IntegerField(min_value=0, max_value=3, allow_null=True, default=None)
    records = serializers.IntegerField(min_value=0, allow_null=True, default=None)
    is_high_risk = serializers.BooleanField(default=False)
    is_significant = serializers.BooleanField(default=False)
    product = serializers.ChoiceField(
        choices=[one.value for one in ProductHarm], default=ProductHarm.NONE.value
    )
    verdict = serializers.ChoiceField(choices=[one.value for one in Verdict])
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Decisions(OfIncident, generics.ListAPIView[Any]):
    """Decisions whether it is a breach."""

    serializer_class = BreachDecisionRow

    def get_queryset(self) -> Any:
        return BreachDecision.objects.filter(incident=self.incident())

    @extend_schema(operation_id="incident_breach_decisions_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, newest first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="incident_breach_decide",
        request=BreachDecisionForm,
        responses={201: BreachDecisionRow},
    )
    def post(self, request: Request, reference: str) -> Response:
        """Decide; the same decision on the same facts again is the one made before."""
        incident = self.incident()
        said = given(BreachDecisionForm, request)
        facts = Facts(
            losses=frozenset(Loss(one) for one in said["losses"]),
            is_personal=said["is_personal"],
            level=said["level"],
            kinds=affected.of(incident).kinds,
            records=said["records"],
            is_high_risk=said["is_high_risk"],
            is_significant=said["is_significant"],
            product=ProductHarm(said["product"]),
        )
        row = judging.decide(
            incident, facts, verdict=Verdict(said["verdict"]), reason=said["reason"],
            by=who(request._request), at=when(request._request),
        )  # fmt: skip
        return Response(BreachDecisionRow(row).data, status=201)


class NoticeDutyRow(serializers.ModelSerializer[NoticeDuty]):
    """One notice; ``standing`` says in words how it stands, late ones included."""

    standing = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=[one.value for one in NoticeState])

    class Meta:
        model = NoticeDuty
        fields: tuple[str, ...] = NOTICE

    def get_standing(self, row: NoticeDuty) -> str:
        at = when(self.context["request"]._request)
        return standing(NoticeState(row.state), row.due_at, row.sent_at, at=at)[0]


class NoticeDutyDetail(NoticeDutyRow):
    """One notice with its draft."""

    draft = serializers.SerializerMethodField()

    class Meta(NoticeDutyRow.Meta):
        fields: tuple[str, ...] = (*NOTICE, "draft")

    def get_draft(self, row: NoticeDuty) -> str:
        return drafting.draft_of(row, at=when(self.context["request"]._request))


class NoticeDutyAct(serializers.Serializer[Any]):
    """``draft`` with a text, ``sent`` with when and a reference, ``rule_out`` with a reason."""

    act = serializers.ChoiceField(choices=["draft", "sent", "rule_out"])
    text = serializers.CharField(max_length=10_000, allow_blank=True, default="")
    sent_at = serializers.DateTimeField(required=False)
    reference = serializers.CharField(max_length=200, allow_blank=True, default="")
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Notices(OfIncident, generics.ListAPIView[Any]):
    """Notices that an incident owes."""

    serializer_class = NoticeDutyRow

    def get_queryset(self) -> Any:
        return NoticeDuty.objects.filter(incident=self.incident())

    @extend_schema(operation_id="incident_notices_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them."""
        return self.list(request, *args, **kwargs)


class OneNotice(OfIncident):
    """One notice."""

    serializer_class = NoticeDutyDetail

    def _row(self, key: int) -> NoticeDuty:
        incident = self.incident()
        row = NoticeDuty.objects.filter(incident=incident, pk=key).first()
        if row is None:
            raise NotFound("This incident has no such notice.")
        row.incident = incident
        return row

    @extend_schema(operation_id="incident_notices_retrieve")
    def get(self, request: Request, reference: str, key: int) -> Response:
        """Return it with its draft."""
        return Response(self.get_serializer(self._row(key)).data)

    @extend_schema(
        operation_id="incident_notices_act", request=NoticeDutyAct, responses=NoticeDutyDetail
    )
    def post(self, request: Request, reference: str, key: int) -> Response:
        """Keep a draft, record that it was sent, or rule it out; ended ones answer 409."""
        row, said = self._row(key), given(NoticeDutyAct, request)
        by, at = who(request._request), when(request._request)
        match said["act"]:
            case "draft":
                notifying.draft(row, said["text"], by=by, at=at)
            case "sent":
                notifying.mark_sent(
                    row, sent_at=said.get("sent_at", at), reference=said["reference"], by=by, at=at
                )
            case _:
                notifying.rule_out(row, reason=said["reason"], by=by, at=at)
        return Response(self.get_serializer(row).data)
