"""Every act is permitted to somebody, refused to everybody else, and named nowhere else."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from importlib import import_module

import pytest
from django.apps import apps

from config import baseline
from governance import access
from governance.models import Governed, Role
from tests.builders.governance import a_user, holds, the_enterprise

APPS = ("governance", "catalog", "partners", "incidents")


def every_act() -> Iterator[StrEnum]:
    for app in APPS:
        try:
            yield from import_module(f"{app}.permissions").Act
        except ModuleNotFoundError as error:
            if error.name != f"{app}.permissions":
                raise


RULES = baseline.rules()
TYPE_OF = {rule.act: rule.rtype for rule in RULES}


def test_the_policy_names_every_act_and_no_other() -> None:
    assert {str(act) for act in every_act()} == {rule.act for rule in RULES}


def test_an_act_is_about_one_type_of_record() -> None:
    assert len({(rule.act, rule.rtype) for rule in RULES}) == len(TYPE_OF)


def test_the_policy_names_known_roles_and_records_only() -> None:
    known = {role.slug for role in baseline.roles()}
    assert {rule.sub for rule in RULES} <= known
    for rule in RULES:
        assert issubclass(apps.get_model(rule.rtype), Governed), rule.rtype


@pytest.mark.parametrize("act", list(every_act()), ids=str)
@pytest.mark.django_db
def test_an_act_is_permitted_to_its_roles_and_refused_to_all_others(
    act: StrEnum, at: datetime
) -> None:
    model = apps.get_model(TYPE_OF[str(act)])
    assert issubclass(model, Governed)
    permitted = {rule.sub for rule in RULES if rule.act == act}
    party = "partners.partner:1"
    for role in Role.objects.all():
        record, purpose = model(), ""
        if model.data_use is not None and act in model.data_use.acts:
            record, purpose = model(level=1), "quality"
        if act == "governance:request:auto_approve":
            record = model(
                level="internal", days=1, entitlement="select"
            )  # the one condition of the baseline
        if role.is_external:
            user = a_user(party=party)
            holds(user, role.slug, party=party)
            expected = bool(role.slug in permitted and model.party_path)
            if expected:
                rtype = model.resource_type()
                actual = access.allows_somewhere(user.as_actor(), act, rtype, at=at)
                assert actual, role
            assert not access.allows(user.as_actor(), act, record, at=at), role
        else:
            user = a_user()
            holds(user, role.slug, site=the_enterprise())
            by = user.as_actor()
            actual = access.allows(by, act, record, at=at, purpose=purpose)
            assert actual == (role.slug in permitted), role
    assert not access.allows(a_user().as_actor(), act, model(), at=at)
