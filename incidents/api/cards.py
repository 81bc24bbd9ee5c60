"""Cards of an incident: what its runbooks ask of people, and their answers."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.board import when, who
from governance.errors import BadInput, NotFound
from incidents.actions import ticking
from incidents.api.rooms import OfIncident, given
from incidents.domain.cards import HOLDERS, CardState
from incidents.domain.engine.states import Question
from incidents.models import Card


class CardCommandRow(serializers.Serializer[Any]):
    """What is to be done or copied, with the variables filled in."""

    type = serializers.CharField()
    text = serializers.CharField()


class CardAskRow(serializers.Serializer[Any]):
    """A variable that whoever does the step fills in."""

    name = serializers.CharField()
    type = serializers.CharField()
    about = serializers.CharField()


class CardRow(serializers.ModelSerializer[Card]):
    """One step or question for people; ``options`` are the answers to its ``question``."""

    run = serializers.IntegerField(source="run_id")
    owner = serializers.CharField(help_text="The role that has it now.")
    state = serializers.ChoiceField(choices=[one.value for one in CardState])
    question = serializers.ChoiceField(choices=[one.value for one in Question], allow_blank=True)
    options = serializers.ListField(child=serializers.CharField())
    commands = CardCommandRow(many=True)
    asks = CardAskRow(many=True)

    class Meta:
        model = Card
        fields = (
            "id", "run", "number", "step_id", "title", "why", "owner", "state", "question",
            "options", "commands", "asks", "answer", "due_at", "done_at", "done_by", "note",
        )  # fmt: skip


class CardAnswer(serializers.Serializer[Any]):
    """``done`` with ``values``, ``cannot``, ``decide`` with ``choice``, or ``hand`` to a role.

    ``note`` says why it cannot be done, or how it is known.
    """

    act = serializers.ChoiceField(choices=["done", "cannot", "decide", "hand"])
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")
    choice = serializers.CharField(max_length=80, allow_blank=True, default="")
    to = serializers.ChoiceField(choices=list(HOLDERS), required=False)
    values = serializers.DictField(
        child=serializers.CharField(max_length=2000, allow_blank=True), default=dict
    )


class Cards(OfIncident, generics.ListAPIView[Any]):
    """The cards of an incident."""

    serializer_class = CardRow

    def get_queryset(self) -> Any:
        rows = Card.objects.filter(run__incident=self.incident())
        word = self.request.query_params.get("state", "")
        if word and word not in ("waiting", *CardState):
            raise BadInput(f"state: waiting, {', '.join(CardState)}", pointer="/state")
        if word == "waiting":
            return rows.waiting()
        return rows.filter(state=word) if word else rows

    @extend_schema(
        operation_id="incident_cards_list",
        parameters=[
            OpenApiParameter("state", str, enum=["waiting", *[one.value for one in CardState]])
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, the newest first; ``waiting`` are those that somebody still has to answer."""
        return self.list(request, *args, **kwargs)


class OneCard(OfIncident):
    """One card."""

    serializer_class = CardRow

    @extend_schema(operation_id="incident_cards_answer", request=CardAnswer, responses=CardRow)
    def post(self, request: Request, reference: str, key: int) -> Response:
        """Answer it; one that somebody answered before answers 409 with who and when."""
        rows = Card.objects.select_related("run__incident__site")
        card = rows.filter(run__incident=self.incident(), pk=key).first()
        if card is None:
            raise NotFound("This incident has no such step.")
        said = given(CardAnswer, request)
        by, at, note = who(request._request), when(request._request), said["note"]
        match said["act"]:
            case "done":
                ticking.finish(card, note=note, values=said["values"], by=by, at=at)
            case "cannot":
                ticking.give_up(card, note=note, by=by, at=at)
            case "decide":
                ticking.decide(card, said["choice"], note=note, by=by, at=at)
            case _:
                ticking.hand_over(card, to=said.get("to", ""), note=note, by=by, at=at)
        return Response(CardRow(Card.objects.get(pk=card.pk)).data)
