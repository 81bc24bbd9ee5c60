"""Who could decide: by role, at the site or above it, never the requester."""

from datetime import timedelta

import pytest

from governance.models import User
from governance.queries.deciding import SHOWN, deciders
from tests.builders.governance import NOW, a_member, a_request, a_site, a_system, holds

pytestmark = pytest.mark.django_db


def test_holders_at_the_site_and_above_it_count_and_no_others() -> None:
    system = a_system(site=a_site(parent=(region := a_site(kind="region"))))
    asked = a_request(system=system, requester=a_member("data_owner", site=system.site))
    here = a_member("data_owner", site=system.site, name="A")
    above = a_member("data_owner", site=region, name="B")
    board = a_member("board_member", name="C")
    holds(board, "data_owner")
    a_member("data_owner", site=a_site(), name="elsewhere")
    a_member("auditor", name="reads only")
    a_member("data_owner", site=system.site, is_active=False, name="gone")
    holds(
        a_member("auditor", name="ended"),
        "data_owner",
        site=system.site,
        valid_from=NOW - timedelta(days=2),
        valid_to=NOW,
    )
    found = deciders(asked, at=NOW)
    assert found.people == (here, above, board)
    assert (found.more, set(found.roles)) == (0, {"Board member", "Data owner"})


def test_many_are_counted_and_some_are_named() -> None:
    asked = a_request()
    everybody = [a_member("data_owner", site=asked.system.site) for _ in range(SHOWN + 3)]
    found = deciders(asked, at=NOW)
    assert len(found.people) == SHOWN
    assert found.more == 3
    assert set(found.people) <= set(everybody)


def test_nobody_is_an_answer() -> None:
    found = deciders(a_request(), at=NOW)
    assert found.people == ()
    assert not User.objects.filter(memberships__role__slug="data_owner").exists()
