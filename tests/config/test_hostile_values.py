"""Values that mean harm are refused; none of them breaks anything."""

import json

import pytest

from config.logs import printable
from tests.builders import signin
from tests.builders.governance import a_member, a_site

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/incidents/?cursor=cD1hYmM=",
        "/api/v1/assets/?cursor=cD1hYmM=",
        "/api/v1/assets/?cursor=cD0xZTU=",
        "/api/v1/measures/?site=%00",
        "/findings/?text=pkg:npm/a%2500@1",
        "/api/v1/findings/?text=pkg:npm/a%2500@1",
        f"/catalog/?after={'9' * 5000}",
    ],
)
def test_a_hostile_address_is_no_failure_of_ours(address: str) -> None:
    client = signin.proven(a_member("administrator"))
    assert client.get(address).status_code < 500


@pytest.mark.parametrize(
    "body",
    [
        r'{"title": "a", "severity": "\ud800", "site": "here"}',
        '{"title": "a", "title": "b", "severity": "SEV3", "site": "here"}',
        '{"title": 1e400, "severity": "SEV3", "site": "here"}',
        '{"title": NaN, "severity": "SEV3", "site": "here"}',
        '{"title": "a"',
        "",
        "[" * 100_000,
    ],
)
def test_json_that_can_be_read_in_two_ways_is_refused(body: str) -> None:
    a_site(slug="here")
    client = signin.proven(a_member("incident_commander"))
    answer = client.post(
        "/api/v1/incidents/", body, "application/json", headers={"Idempotency-Key": "k" * 36}
    )
    assert answer.status_code == 400
    assert json.loads(answer.content)["code"] in ("bad_input", "parse_error")


def test_a_log_line_stays_one_line_of_plain_characters() -> None:
    event = printable(None, "info", {"path": "/a\x1b[31m\r‮b", "ms": 3})
    assert event == {"path": "/a\\x1b[31m\\r\\u202eb", "ms": 3}
