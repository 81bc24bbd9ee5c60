"""Each constraint of roles, tasks, indicators and slices refuses what breaks its truth."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, models, transaction

from governance.domain.actor import Actor
from incidents.models import (
    Indicator,
    PartnerEntry,
    PartnerSlice,
    RoleAssignment,
    Task,
    TimelineEntry,
)
from tests.builders.governance import a_user
from tests.builders.incidents import NOW, an_incident

pytestmark = pytest.mark.django_db
WHO, PARTY = "user:1", "partners.partner:1"
SLICE: dict[str, Any] = {
    "party": PARTY, "incident": "INC-2026-0001", "title": "x", "phase": "active",
    "opened_by": WHO, "opened_at": NOW,
}  # fmt: skip
LINE: dict[str, Any] = {
    "party": PARTY, "starts_at": NOW, "text": "x", "tlp": "amber", "shared_by": WHO,
    "shared_at": NOW,
}  # fmt: skip
ENTRY: dict[str, Any] = {
    "kind": "note", "starts_at": NOW, "ends_at": NOW, "recorded_at": NOW, "author": WHO,
    "text": "x",
}  # fmt: skip


def test_the_database_refuses_each(commander: Actor, at: datetime) -> None:
    incident, user = an_incident(by=commander, at=at), a_user()
    sound: dict[type[models.Model], dict[str, Any]] = {
        RoleAssignment: {"role": "scribe", "person": user, "since": NOW, "set_by": WHO},
        Task: {"role": "IT", "text": "x", "asked_by": WHO, "asked_at": NOW},
        Indicator: {"kind": "ip", "value": "10.1.2.3", "added_by": WHO, "added_at": NOW},
        TimelineEntry: ENTRY,
    }
    for model, fields in sound.items():
        model._default_manager.create(incident=incident, **fields)
    first = TimelineEntry.objects.filter(incident=incident).latest("id")
    rows: list[tuple[str, type[models.Model], dict[str, Any]]] = [
        ("role_is_held_once", RoleAssignment, {}),
        ("role_is_known", RoleAssignment, {"role": "cook"}),
        ("role_empty_says_why", RoleAssignment, {"role": "soc_lead", "person": None}),
        ("task_says_what", Task, {"text": ""}),
        ("task_done_has_who_and_when", Task, {"done_at": NOW}),
        ("indicator_is_named_once", Indicator, {}),
        ("indicator_kind_is_known", Indicator, {"kind": "x"}),
        ("indicator_has_a_value", Indicator, {"value": ""}),
        ("timeline_tlp_is_known", TimelineEntry, {"tlp": "pink"}),
        ("timeline_correction_has_a_reason", TimelineEntry, {"supersedes": first}),
    ]
    for constraint, model, fields in rows:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            model._default_manager.create(incident=incident, **{**sound[model], **fields})
    part = PartnerSlice.objects.create(**SLICE)
    slices: list[tuple[str, dict[str, Any]]] = [
        ("slice_is_opened_once", {}),
        ("slice_has_a_title", {"title": "", "incident": "INC-2026-0002"}),
    ]
    for constraint, fields in slices:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            PartnerSlice.objects.create(**{**SLICE, **fields})
    for constraint, fields in (
        ("partner_entry_may_leave", {"tlp": "red"}),
        ("partner_entry_says_something", {"text": ""}),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            PartnerEntry.objects.create(slice=part, cursor=uuid4(), **{**LINE, **fields})
