"""Each constraint of evidence refuses the row that would break its truth; no row changes."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from governance.domain.actor import Actor
from incidents.models import BreachDecision, CustodyEvent, EvidenceItem
from tests.builders.evidence import an_item
from tests.builders.incidents import NOW, an_incident

pytestmark = pytest.mark.django_db
ITEM: dict[str, Any] = {
    "number": 9, "name": "x", "sha256": "0" * 64, "size": 1, "keep_until": NOW.date(),
    "received_by": "user:1", "received_at": NOW,
}  # fmt: skip
ACT: dict[str, Any] = {"seq": 9, "act": "viewed", "by": "user:1", "at": NOW, "sha256": "0" * 64}


def test_the_database_refuses_each(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    item = an_item(incident, by=commander)
    items = [
        ("evidence_number_is_given_once", {"number": 1}),
        ("evidence_has_a_sha256", {"sha256": "0"}),
        ("evidence_is_not_empty", {"size": 0}),
        ("evidence_has_a_name", {"name": ""}),
    ]
    for constraint, fields in items:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            EvidenceItem.objects.create(incident=incident, token=uuid4(), **{**ITEM, **fields})
    acts: list[tuple[str, dict[str, Any]]] = [
        ("custody_is_numbered_once", {"seq": 1}),
        ("custody_act_is_known", {"act": "eaten"}),
        ("custody_names_to_whom", {"act": "transferred"}),
        ("custody_says_why", {"act": "held"}),
    ]
    for constraint, fields in acts:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            CustodyEvent.objects.create(item=item, **{**ACT, **fields})
    EvidenceItem.objects.create(incident=incident, token=uuid4(), **ITEM)
    CustodyEvent.objects.create(item=item, **ACT)


def test_the_application_changes_and_removes_none(commander: Actor, at: datetime) -> None:
    item = an_item(an_incident(by=commander, at=at), by=commander)
    for rows in (
        EvidenceItem.objects.filter(pk=item.pk),
        CustodyEvent.objects.filter(item=item),
        BreachDecision.objects.all(),
    ):
        name = "reason" if rows.model is not EvidenceItem else "name"
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            rows.update(**{name: "x"})
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            rows._raw_delete("default")
