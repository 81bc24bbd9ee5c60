"""The interface for our people, and its description."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.builders.governance import a_member, a_site
from tests.builders.partners import a_finding, a_product, sign_in

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/findings/"


def test_the_description_has_no_warning() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    for path in ("/api/v1/findings/", "/portal/api/v1/sboms/", "/portal/api/v1/intakes/"):
        assert path in out.getvalue()


def test_a_finding_is_told_whole(client: Client) -> None:
    finding = a_finding(fixed_versions=["2.0"], evidence=[{"advisory": "GHSA-1", "said": "both"}])
    sign_in(client, a_member("soc_analyst"))
    (row,) = client.get(ADDRESS).json()["results"]
    assert row["vulnerability"] == str(finding.vulnerability)
    assert (row["severity"], row["why"]) == ("critical", finding.why)
    assert (row["fixed_versions"], row["evidence"][0]["said"]) == (["2.0"], "both")
    assert client.get(f"{ADDRESS}{finding.pk}/").json() == row


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 1), ("state=any", 2), ("state=fixed", 1), ("severity=high", 0), ("due=overdue", 0)],
)
def test_filters_narrow(client: Client, query: str, count: int) -> None:
    a_finding()
    fixed = a_finding()
    type(fixed).objects.filter(pk=fixed.pk).update(state="fixed", ended_at=fixed.due_at)
    sign_in(client, a_member("soc_analyst"))
    assert len(client.get(f"{ADDRESS}?{query}").json()["results"]) == count


def test_a_site_operator_sees_the_findings_of_the_own_site(client: Client) -> None:
    mine, other = a_site(), a_site()
    seen, hidden = (a_finding(product=a_product(site=site)) for site in (mine, other))
    sign_in(client, a_member("site_operator", site=mine))
    assert [row["id"] for row in client.get(ADDRESS).json()["results"]] == [str(seen.pk)]
    assert client.get(f"{ADDRESS}{hidden.pk}/").status_code == 404
    assert client.get(f"/findings/{hidden.pk}/").status_code == 404
    assert str(hidden.vulnerability) not in client.get("/findings/").content.decode()


def test_nobody_reads_without_signing_in(client: Client) -> None:
    assert client.get(ADDRESS).status_code == 401


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(
    client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        a_finding()
    sign_in(client, a_member("soc_analyst"))
    client.get(ADDRESS)
    with django_assert_num_queries(4):
        assert client.get(ADDRESS).status_code == 200
