"""Campaigns and decisions by API."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.actions import closing_reviews
from governance.domain import sealed_review
from governance.domain.actor import Actor
from governance.models import AccessReview, AccessReviewItem, User
from tests.builders import signin
from tests.builders.governance import a_member, a_site, a_system
from tests.builders.reviews import a_grant, a_review, items

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
PLACE = "/api/v1/access-reviews/"


@pytest.fixture
def owner() -> User:
    return a_member("data_owner", site=a_site())


@pytest.fixture
def client(owner: User) -> Client:
    return signin.proven(owner)


def a_campaign(owner: User, *people: str) -> AccessReview:
    system = a_system(site=owner.memberships.get().site, owner=owner)
    for who in people:
        a_grant(system, who, valid_to=system.created_at.replace(year=2027, month=3))
    return a_review(system)


def rows(client: Client, address: str, **query: str) -> list[dict[str, Any]]:
    answer = client.get(PLACE + address, query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def decide(client: Client, item: AccessReviewItem, **said: str) -> tuple[int, dict[str, Any]]:
    answer = client.post(
        f"{PLACE}{item.review_id}/items/{item.pk}/decision", said, content_type="application/json"
    )
    return answer.status_code, answer.json()


def test_campaigns_and_their_accesses_are_listed(client: Client, owner: User) -> None:
    review = a_campaign(owner, "ana", "ben")
    a_grant(elsewhere := a_system())
    a_review(elsewhere)
    (row,) = rows(client, "", quarter="2026-Q4", state="open")
    assert (row["id"], row["site"], row["items"], row["waiting"]) == (
        review.pk, review.site.slug, 2, 2,
    )  # fmt: skip
    assert rows(client, "", quarter="2026-Q3") == []
    found = rows(client, f"{review.pk}/items/", answer="waiting")
    assert [one["principal"] for one in found] == ["ben", "ana"]
    assert found[0]["scopes"] == ["mes.badge"]
    assert rows(client, f"{review.pk}/items/", answer="decided") == []
    for bad in ("?state=odd", "?quarter=Q4", f"{review.pk}/items/?answer=odd"):
        assert client.get(PLACE + bad).status_code == 400
    assert client.get(f"{PLACE}{review.pk + 1}/items/").status_code == 404


def test_a_decision_is_the_same_act_as_on_the_desk(client: Client, owner: User) -> None:
    review = a_campaign(owner, "ana")
    (item,) = items(review).values()
    assert decide(client, item, verdict="keep")[1]["code"] == "refused", "in bulk with a reason"
    assert decide(client, item, verdict="burn", reason="x")[0] == 400
    status, row = decide(client, item, verdict="revoke", reason="left")
    assert (status, row["verdict"], row["is_bulk"], row["decided_in_seconds"]) == (
        200, "revoke", True, 0.0,
    )  # fmt: skip
    status, problem = decide(client, item, verdict="keep", reason="after all")
    assert (status, problem["code"]) == (409, "conflict")
    (row,) = rows(client, f"{review.pk}/items/", answer="unverified")
    assert row["reason"] == "left"


def test_who_only_reads_decides_nothing(owner: User) -> None:
    review = a_campaign(owner, "ana")
    (item,) = items(review).values()
    auditor = signin.proven(a_member("auditor"))
    assert len(rows(auditor, f"{review.pk}/items/")) == 1
    assert decide(auditor, item, verdict="keep", reason="x")[0] == 403
    stranger = signin.proven(a_member("data_owner", site=a_site()))
    assert decide(stranger, item, verdict="keep", reason="x")[0] == 404


def test_the_sealed_result_is_taken_out(client: Client, owner: User, operator: Actor) -> None:
    review = a_campaign(owner, "ana")
    (item,) = items(review).values()
    auditor = signin.proven(a_member("auditor"))
    assert auditor.post(f"{PLACE}{review.pk}/result").status_code == 409
    decide(client, item, verdict="keep", reason="x")
    item.refresh_from_db()
    assert item.decided_at is not None
    closed = closing_reviews.close(review, by=operator, at=item.decided_at)
    file = auditor.post(f"{PLACE}{review.pk}/result").json()
    assert sealed_review.seal(file["document"]) == file["sha256"] == closed.seal
    assert file["proof"] is None
    assert client.post(f"{PLACE}{review.pk}/result").status_code == 403
    assert auditor.post(f"{PLACE}{review.pk + 9}/result").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("address", "queries"), [("", 4), ("{}/items/", 5)])
def test_lists_ask_as_much_whatever_their_rows(
    address: str, queries: int, count: int, client: Client, owner: User
) -> None:
    review = a_campaign(owner, *[f"p{number}" for number in range(count)])
    rows(client, address.format(review.pk))
    with CaptureQueriesContext(connection) as caught:
        rows(client, address.format(review.pk))
    assert len(caught) == queries, "\n".join(one["sql"][:150] for one in caught)
