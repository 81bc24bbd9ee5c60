"""Lines of the inbox that the ground hands up."""

from datetime import datetime, timedelta

import pytest

from governance import duties
from tests.builders.governance import a_member
from tests.governance.actions.test_requesting import a_table, approved, asked
from tests.governance.queries.test_observed_access import a_look

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


def test_what_is_approved_and_not_there_is_a_line_for_each_system(at: datetime) -> None:
    asset = a_table()
    assert asset.owner is not None
    a_look(asset.system, at)
    for principal in ("plant_ana", "plant_luis"):
        approved(asked(at, asset, principal=principal), asset.owner, at)
    later = at + timedelta(hours=1)
    by = a_member("administrator").as_actor(has_mfa=True)
    (line,) = duties.ungiven_access(by, later)
    assert line.title == f"Give in {asset.system}: approved, not there: 2"
    assert "and 1 more" in line.reason
    assert line.url.endswith(f"?system__id__exact={asset.system_id}")
    assert duties.ungiven_access(a_member("steward", site=asset.site).as_actor(), later) == []
