"""Sharing rules: agreed with an end by who may, ended once, never rewritten."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from catalog.actions import sharing
from catalog.models import SharingRule
from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed
from governance.models import AuditEvent
from tests.builders.governance import a_user, holds
from tests.builders.zones import a_device

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PARTY = "partners.partner:7"


def agree(by: Actor, at: datetime, **over: object) -> SharingRule:
    fields = {
        "party_ref": PARTY,
        "what": "alarms",
        "purpose": "maintenance",
        "valid_from": at,
        "valid_to": at + 30 * DAY,
    }
    with boundary.acting(by, at=at):
        return sharing.agree(**{**fields, **over}, by=by, at=at)


def test_a_rule_names_assets_class_and_days_and_is_recorded(operator: Actor, at: datetime) -> None:
    asset = a_device()
    row = agree(operator, at, assets=[asset], level=1, keep_days=90)
    assert (row.in_force_at(at), row.in_force_at(at + 30 * DAY)) == (True, False)
    assert list(row.assets.all()) == [asset]
    event = AuditEvent.objects.filter(act="catalog:sharing:agree", object=row.ref)
    assert event.exists()


def test_a_rule_ends_once(operator: Actor, at: datetime) -> None:
    row = agree(operator, at)
    sharing.end(row, by=operator, at=at + DAY, reason="No longer maintained.")
    assert list(SharingRule.objects.in_force(at + DAY)) == []
    with pytest.raises(Conflict):
        sharing.end(row, by=operator, at=at + 2 * DAY, reason="Again.")


def test_a_rule_without_purpose_or_with_an_end_before_its_begin_is_refused(
    operator: Actor, at: datetime
) -> None:
    for over in ({"purpose": " "}, {"valid_to": at - DAY}):
        with pytest.raises(ValidationError):
            agree(operator, at, **over)
    assert not SharingRule.objects.exists()


def test_who_only_reads_agrees_on_nothing(operator: Actor, at: datetime) -> None:
    user = a_user()
    holds(user, "auditor")
    by = user.as_actor(has_mfa=True)
    with pytest.raises(NotAllowed):
        agree(by, at)
    row = agree(operator, at)
    with boundary.acting(by, at=at), pytest.raises(NotAllowed):
        sharing.end(row, by=by, at=at, reason="Mine.")
