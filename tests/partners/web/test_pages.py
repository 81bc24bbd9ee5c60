"""The pages for our people: what stands there, for whom, at what cost."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.builders.governance import a_member
from tests.builders.partners import (
    a_finding,
    sign_in,
)

pytestmark = pytest.mark.django_db
PAGES = ["/findings/", "/partners/"]


@pytest.fixture
def staff(client: Client) -> Client:
    return sign_in(client, a_member("administrator"))


@pytest.mark.parametrize("address", PAGES)
def test_an_empty_page_says_what_would_stand_there(staff: Client, address: str) -> None:
    response = staff.get(address)
    assert response.status_code == 200
    assert 'class="empty"' in response.content.decode()


def test_a_finding_says_when_it_is_due_and_why(staff: Client) -> None:
    finding = a_finding()
    text = staff.get("/findings/?state=any").content.decode()
    assert "14 days from 2026-11-17" in text
    assert str(finding.vulnerability) in text
    page = staff.get(f"/findings/{finding.pk}/")
    assert page.status_code == 200
    assert "14 calendar days" in page.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(
    staff: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        a_finding()
    staff.get("/findings/")
    with django_assert_num_queries(13):
        assert staff.get("/findings/").status_code == 200
