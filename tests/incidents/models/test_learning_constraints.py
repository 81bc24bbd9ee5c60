"""Each constraint of debriefs, actions, waivers and reopenings refuses what breaks its truth."""

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from governance.domain.actor import Actor
from incidents.models import ActionItem, Debrief, GateWaiver, Reopening
from tests.builders.governance import a_user
from tests.builders.incidents import NOW, an_incident

pytestmark = pytest.mark.django_db
WHO = "user:1"
ASKED: dict[str, Any] = {"reason": "x", "asked_by": WHO, "asked_at": NOW}
DONE: dict[str, Any] = {"state": "done", "done_at": NOW, "done_by": WHO, "outcome": "x"}
ROWS: list[tuple[str, type[models.Model], dict[str, Any]]] = [
    ("debrief_held_has_who_and_when", Debrief, {"held_by": WHO}),
    ("debrief_held_answers_its_questions", Debrief, {"held_by": WHO, "held_at": NOW}),
    ("action_number_is_given_once", ActionItem, {"number": 1}),
    ("action_state_is_known", ActionItem, {"state": "lost"}),
    ("action_kind_is_known", ActionItem, {"kind": "x"}),
    ("action_has_a_title", ActionItem, {"title": ""}),
    ("action_done_has_who_when_and_what", ActionItem, {**DONE, "outcome": ""}),
    (
        "action_is_verified_by_somebody_else",
        ActionItem,
        {**DONE, "state": "verified", "verified_at": NOW, "verified_by": WHO, "proof": "x"},
    ),
    ("action_dropped_has_a_reason", ActionItem, {"state": "dropped"}),
    ("action_on_a_runbook_names_its_version", ActionItem, {**DONE, "kind": "runbook"}),
    ("gate_is_waived_once", GateWaiver, {"gate": "runbooks"}),
    ("gate_is_known", GateWaiver, {"gate": "x"}),
    ("gate_waiver_says_why", GateWaiver, {"reason": ""}),
    ("gate_waiver_has_who_and_when", GateWaiver, {"approved_at": NOW}),
    (
        "gate_waiver_is_approved_by_a_second_person",
        GateWaiver,
        {"approved_at": NOW, "approved_by": WHO},
    ),
    ("reopening_is_asked_once", Reopening, {}),
    ("reopening_says_why", Reopening, {"reason": ""}),
    ("reopening_has_who_and_when", Reopening, {"approved_at": NOW}),
    (
        "reopening_is_approved_by_a_second_person",
        Reopening,
        {"approved_at": NOW, "approved_by": WHO},
    ),
]


def test_the_database_refuses_each(commander: Actor, at: datetime) -> None:
    incident, user = an_incident(by=commander, at=at), a_user()
    sound: dict[type[models.Model], dict[str, Any]] = {
        Debrief: {"facilitator": user, "facts": "x", "opened_by": WHO, "opened_at": NOW},
        ActionItem: {
            "number": 2, "title": "x", "kind": "process", "owner": user, "due_on": NOW.date(),
            "created_by": WHO, "created_at": NOW,
        },
        GateWaiver: {"gate": "debrief", **ASKED},
        Reopening: ASKED,
    }  # fmt: skip
    ActionItem.objects.create(incident=incident, **{**sound[ActionItem], "number": 1})
    GateWaiver.objects.create(incident=incident, **{**sound[GateWaiver], "gate": "runbooks"})
    Reopening.objects.create(incident=incident, **ASKED)
    for constraint, model, fields in ROWS:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            model._default_manager.create(incident=incident, **{**sound[model], **fields})
    Debrief.objects.create(incident=incident, **sound[Debrief])
