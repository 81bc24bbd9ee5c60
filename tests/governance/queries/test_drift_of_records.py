"""Access to a record of ours is missing in no system: the policy gives it at each decision."""

from datetime import datetime, timedelta

import pytest

from governance.models import DriftFinding
from tests.builders import reviews
from tests.builders.governance import a_member
from tests.governance.actions.test_requesting import a_table, approved, asked

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


def test_only_what_its_system_has_to_give_is_missing_there(at: datetime) -> None:
    asset = a_table()
    assert asset.owner is not None
    act = {"resource": asset.ref, "act": "catalog:asset:read", "entitlement": "read"}
    rosa = a_member("steward", site=asset.site)
    assert approved(asked(at, asset, requester=rosa, principal="own", **act), asset.owner, at)
    assert approved(asked(at, asset, requester=rosa, principal="plant_rosa"), asset.owner, at)
    reviews.look(asset.system, reviews.seen("other", "mes.other"), at=at + timedelta(hours=9))
    missing = DriftFinding.objects.filter(system=asset.system, kind="missing")
    assert [one.principal for one in missing] == ["plant_rosa"]
