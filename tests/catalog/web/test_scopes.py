"""The places in a system that access can be asked to."""

from datetime import datetime

import pytest

from catalog.web import scopes
from tests.builders.catalog import a_column, an_asset
from tests.builders.governance import a_member, a_site, a_system

pytestmark = pytest.mark.django_db


def test_a_table_and_its_column_are_places_and_another_name_is_none() -> None:
    table = an_asset(name="badge", fqn="plant.mes.badge")
    a_column(table, name="number")
    assert scopes.knows(table.system_id)
    assert not scopes.knows(a_system().pk)
    for scope, is_there in (
        ("mes.badge", True),
        ("mes.badge.number", True),
        ("mes.badge.letter", False),
        ("badge", False),
    ):
        assert scopes.has(table.system_id, scope) is is_there, scope


def test_names_are_told_to_whoever_may_read_them(at: datetime) -> None:
    table = an_asset(name="badge", fqn="plant.mes.badge")
    near, far = a_member("steward", site=table.site), a_member("steward", site=a_site())
    assert scopes.visible(table.system_id, near.as_actor(), at) == ["mes.badge"]
    assert scopes.visible(table.system_id, far.as_actor(), at) == []
