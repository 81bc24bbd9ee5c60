"""Each constraint of breaches and notices refuses the row that would break its truth."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from governance.domain.actor import Actor
from incidents.models import BreachDecision, ContractLimit, NoticeDuty, RuleSet, SiteLaw
from tests.builders.incidents import NOW, an_incident

pytestmark = pytest.mark.django_db
Break = Callable[[Any], Any]
WHO, OTHER = "user:1", "user:2"


def row(model: type[models.Model], sound: dict[str, Any], **fields: Any) -> Break:
    def create(incident: Any) -> None:
        made = {**sound, **fields}
        if "incident" in made:
            made["incident"] = incident
        if "site" in made:
            made["site"] = incident.site
        model._default_manager.create(**made)

    return create


DECISION: dict[str, Any] = {
    "incident": None, "seq": 1, "facts": {}, "proposed": "breach", "rule": "x", "article": "x",
    "rules_version": "1", "rules_sha256": "0", "verdict": "breach", "decided_by": WHO,
    "decided_at": NOW,
}  # fmt: skip
DUTY: dict[str, Any] = {
    "incident": None, "rule": "x", "rules_version": "1", "title": "x", "recipient": "x",
    "article": "x", "why": "x", "start": "aware", "hours": 1, "days": 0, "months": 0,
    "created_at": NOW,
}  # fmt: skip
RULES: dict[str, Any] = {
    "number": 1, "document": b"{}", "sha256": "1", "version": "1", "change": "x",
    "written_by": WHO, "written_at": NOW,
}  # fmt: skip
LIMIT: dict[str, Any] = {
    "party": "partners.partner:1", "partner_name": "x", "clause": "7", "hours": 1,
    "stated_by": WHO, "stated_at": NOW,
}  # fmt: skip
LAW: dict[str, Any] = {"site": None, "stated_by": WHO, "stated_at": NOW}


def twice(model: type[models.Model], sound: dict[str, Any], **fields: Any) -> Break:
    def create(incident: Any) -> None:
        row(model, sound)(incident)
        row(model, sound, **fields)(incident)

    return create


ROWS: list[tuple[str, Break]] = [
    ("breach_decision_is_numbered_once", twice(BreachDecision, DECISION)),
    ("breach_verdict_is_known", row(BreachDecision, DECISION, proposed="x", verdict="x")),
    ("breach_against_the_rules_has_a_reason", row(BreachDecision, DECISION, proposed="x")),
    ("notice_is_owed_once", twice(NoticeDuty, DUTY)),
    ("notice_state_is_known", row(NoticeDuty, DUTY, state="lost")),
    ("notice_sent_has_who_and_when", row(NoticeDuty, DUTY, state="sent")),
    ("notice_sent_has_who_and_when", row(NoticeDuty, DUTY, sent_at=NOW)),
    ("notice_ruled_out_has_who_when_and_why", row(NoticeDuty, DUTY, state="ruled_out")),
    ("notice_ruled_out_has_who_when_and_why", row(NoticeDuty, DUTY, ruled_out_by=WHO)),
    ("notice_drafted_has_a_draft", row(NoticeDuty, DUTY, state="drafted")),
    ("rule_set_approval_has_who_and_when", row(RuleSet, RULES, approved_at=NOW)),
    (
        "rule_set_is_approved_by_a_second_person",
        row(RuleSet, RULES, approved_at=NOW, approved_by=WHO),
    ),
    ("rule_set_says_what_changes", row(RuleSet, RULES, change="")),
    ("incidents_ruleset_number_key", twice(RuleSet, RULES, sha256="2")),
    ("contract_limit_is_stated_once", twice(ContractLimit, LIMIT)),
    ("contract_limit_has_hours", row(ContractLimit, LIMIT, hours=0)),
    ("contract_limit_names_its_clause", row(ContractLimit, LIMIT, clause="")),
    ("contract_limit_end_has_who_and_when", row(ContractLimit, LIMIT, ended_at=NOW)),
    ("site_law_country_has_two_letters", row(SiteLaw, LAW, country="de")),
]
SOUND = [
    row(BreachDecision, DECISION, proposed="not_breach", reason="x"),
    row(NoticeDuty, DUTY, state="sent", sent_at=NOW, sent_by=WHO),
    row(RuleSet, RULES, approved_at=NOW, approved_by=OTHER),
    twice(ContractLimit, LIMIT, clause="8"),
    row(SiteLaw, LAW, country="DE"),
]


def test_the_database_refuses_each_and_takes_sound_ones(commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    for constraint, broken in ROWS:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            broken(incident)
    for sound in SOUND:
        sound(incident)
