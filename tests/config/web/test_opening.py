"""Nobody is led from the overview to a page that refuses them."""

import re

import pytest

from governance.models import User
from tests.builders import signin
from tests.builders.governance import a_member, a_user

pytestmark = pytest.mark.django_db
RECORDS = re.compile(r'<a href="([^"]+)" aria-label="Records:')


def links(user: User) -> list[str]:
    client = signin.proven(user)
    found = RECORDS.findall(client.get("/").content.decode())
    for address in found:
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address
    return found


def test_who_holds_no_role_is_led_to_no_list_of_the_board() -> None:
    assert not [one for one in links(a_user()) if one.startswith("/admin/")]


def test_who_may_read_the_records_is_led_to_them() -> None:
    found = links(a_member("auditor"))
    assert any(one.startswith("/admin/governance/accessrequest/") for one in found)
