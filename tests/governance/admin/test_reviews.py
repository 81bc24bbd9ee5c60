"""Campaigns on the board: the desk, deciding without any script, closing, and the result."""

import json
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance import measures
from governance.domain import sealed_review
from governance.models import AccessReview, AccessReviewItem, Grant, User
from tests.builders import signin
from tests.builders.governance import a_member, a_site, a_system
from tests.builders.reviews import a_grant, a_review, items, look, seen

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
DAY = timedelta(days=1)


@pytest.fixture
def owner() -> User:
    return a_member("data_owner", site=a_site(), name="Luis Garza")


@pytest.fixture
def client(owner: User) -> Client:
    return signin.proven(owner)


def a_campaign(owner: User, *people: str, **over: Any) -> AccessReview:
    now = timezone.now()
    system = a_system(site=owner.memberships.get().site, owner=owner, name="MES Monterrey")
    for who in people:
        a_grant(system, who, valid_from=now - 10 * DAY, valid_to=now + 60 * DAY, **over)
    return a_review(system, at=now)


def desk(client: Client, review: AccessReview, **query: Any) -> str:
    answer = client.get(f"/admin/governance/accessreview/{review.pk}/work/", query, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def answer(client: Client, item: AccessReviewItem, decision: str, **more: Any) -> str:
    found = client.post(
        f"/admin/governance/accessreview/{item.review_id}/work/",
        {"item": item.pk, "decision": decision, **more},
        follow=True,
    )
    item.refresh_from_db()
    return f"{found.status_code} {found.content.decode()}"


def test_a_campaign_is_worked_off_from_the_desk_to_the_sealed_result(
    client: Client, owner: User
) -> None:
    review = a_campaign(owner, "ana", "ben", "cho")
    ana, ben, cho = items(review).values()
    shown = desk(client, review)
    assert "ana: select on mes" in shown
    assert "3 left for you. Due" in shown
    ana.refresh_from_db()
    assert ana.first_shown_at is not None
    ben.refresh_from_db()
    assert ben.first_shown_at is None, "what is only named in the list was not shown"

    shown = answer(client, ana, "keep")
    assert "ben: select on mes" in shown
    assert f"Kept: {ana}." in shown
    assert "Say why" in answer(client, ben, "revoke")
    assert ben.verdict == ""
    assert "cho: select on mes" in answer(client, ben, "revoke", reason="left")
    until = (timezone.now() + 5 * DAY).date()
    page = answer(client, cho, "shorten", reason="project ends", until=until.isoformat())
    assert "Nothing of this campaign waits for you" in page
    assert [one.verdict for one in (ana, ben, cho)] == ["keep", "revoke", "shorten"]
    assert Grant.objects.get(principal="cho").valid_to.date() == until

    board = signin.proven(a_member("board_member"))
    place = f"/admin/governance/accessreview/{review.pk}/"
    assert "Close and seal" in board.get(f"{place}change/").content.decode()
    board.post(f"{place}close/")
    review.refresh_from_db()
    shown = board.get(f"{place}change/").content.decode()
    assert review.seal in shown
    assert "The records give this seal, and the log holds it." in shown
    result = board.post(f"{place}result/")
    assert result.headers["Content-Disposition"].startswith("attachment; filename=")
    file = json.loads(result.content)
    assert sealed_review.seal(file["document"]) == file["sha256"] == review.seal

    AccessReviewItem.objects.filter(pk=ana.pk).update(reason="changed")
    assert "do not give the seal" in board.get(f"{place}change/").content.decode()


def test_the_evidence_is_on_the_desk(client: Client, owner: User) -> None:
    now = timezone.now()
    system = a_system(site=owner.memberships.get().site, owner=owner)
    look(system, seen("rogue", via="member of plant_admin", last_used=now - 3 * DAY), at=now)
    shown = desk(client, a_review(system, at=now))
    for words in (
        "member of plant_admin",
        "3\xa0days ago",
        "unapproved, open",
        "Look twice: nobody approved it, drift is open on it",
        "nobody else is in the system",
        "not classified",
    ):
        assert words in shown
    assert "Shorten" not in shown, "there is no grant to shorten"


def test_another_reviewer_is_named_on_the_desk(client: Client, owner: User) -> None:
    other = a_member("data_owner", site=owner.memberships.get().site, name="Mia Roth")
    review = a_campaign(owner, "ana")
    (item,) = items(review).values()
    assert "Mia Roth" in desk(client, review)
    assert "Say who" in answer(client, item, "reassign", reason="hers")
    assert "Nothing of this campaign" in answer(
        client, item, "reassign", reason="hers", to=str(other.pk)
    )
    assert item.reviewer == other
    late = answer(client, item, "keep")
    assert "Mia Roth is to decide about it." in late
    assert item.verdict == ""


def test_bad_forms_decide_nothing(client: Client, owner: User) -> None:
    review, other = a_campaign(owner, "ana"), a_campaign_elsewhere()
    (item,) = items(review).values()
    assert "decision is keep" in answer(client, item, "burn")
    assert "Say the day" in answer(client, item, "shorten", reason="x", until="soon")
    place = f"/admin/governance/accessreview/{review.pk}/work/"
    assert client.post(place, {"item": "x", "decision": "keep"}).status_code == 400
    assert client.post(place, {"item": other.pk, "decision": "keep"}).status_code == 404
    assert client.get(place, {"item": "9" * 40}).status_code == 200
    assert client.get(f"/admin/governance/accessreview/{other.review_id}/work/").status_code == 404
    assert item.verdict == ""


def a_campaign_elsewhere() -> AccessReviewItem:
    system = a_system()
    a_grant(system)
    (item,) = items(a_review(system)).values()
    return item


def test_who_only_reads_finds_nothing_to_do(owner: User) -> None:
    review = a_campaign(owner, "ana")
    auditor = signin.proven(a_member("auditor"))
    assert "Nothing of this campaign waits for you" in desk(auditor, review)
    (item,) = items(review).values()
    assert item.first_shown_at is None
    assert "403" in answer(auditor, item, "keep") or item.verdict == ""


def test_several_are_decided_in_the_list_with_one_reason(client: Client, owner: User) -> None:
    review = a_campaign(owner, "ana", "ben")
    chosen = [row.pk for row in items(review).values()]
    place = "/admin/governance/accessreviewitem/"

    def together(action: str, reason: str) -> str:
        sent = {"action": action, "_selected_action": chosen, "reason": reason}
        return str(client.post(place, sent, follow=True).content.decode())

    assert "Say why" in together("keep", "")
    assert not AccessReviewItem.objects.exclude(verdict="").exists()
    assert "2 decided: keep." in together("keep", "shift plan of November")
    assert set(AccessReviewItem.objects.values_list("verdict", "is_bulk")) == {("keep", True)}
    shown = client.get(f"/admin/governance/accessreview/{review.pk}/change/").content.decode()
    assert "100 %" in shown


@pytest.mark.parametrize(
    ("query", "count"),
    [("answer=waiting", 1), ("answer=in_time", 1), ("answer=missed", 0), ("answer=unverified", 1)],
)
def test_the_list_answers_what_the_figure_counts(
    query: str, count: int, client: Client, owner: User
) -> None:
    review = a_campaign(owner, "ana", "ben")
    ana, _ = items(review).values()
    answer(client, ana, "revoke", reason="left")
    if "in_time" in query:
        past = timezone.now() - DAY
        AccessReviewItem.objects.filter(pk=ana.pk).update(decided_at=past - DAY)
        AccessReviewItem.objects.exclude(pk=ana.pk).delete()
        AccessReview.objects.update(scope_at=past - 9 * DAY, opens_at=past - 9 * DAY, due_at=past)
    shown = client.get(f"/admin/governance/accessreviewitem/?{query}")
    assert shown.status_code == 200
    assert shown.context["cl"].result_count == count


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("place", "queries"),
    [
        ("accessreview/", 7),
        ("accessreview/{}/change/", 11),
        ("accessreview/{}/work/", 13),
        ("accessreviewitem/", 8),
    ],
)
def test_pages_ask_as_much_whatever_their_rows(
    place: str, queries: int, count: int, client: Client, owner: User, at: datetime
) -> None:
    review = a_campaign(owner, *[f"p{number}" for number in range(count)])
    address = f"/admin/governance/{place.format(review.pk)}"
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    assert len(caught) == queries, "\n".join(one["sql"][:150] for one in caught)


def test_the_figure_leads_to_its_records(client: Client, owner: User) -> None:
    review = a_campaign(owner, "ana", "ben", "cho")
    ana, *_ = items(review).values()
    answer(client, ana, "keep")
    past = timezone.now() - DAY
    AccessReview.objects.update(scope_at=past - 9 * DAY, opens_at=past - 9 * DAY, due_at=past)
    AccessReviewItem.objects.filter(pk=ana.pk).update(decided_at=past)
    for site in (None, review.site_id):
        reading = measures.access_reviews(site, timezone.now())
        assert (reading.numerator, reading.denominator) == (1, 3)
        for more, count in (("", 3), ("&answer=in_time", 1), ("&answer=missed", 2)):
            shown = client.get(reading.records_url + more)
            assert shown.status_code == 200
            assert shown.context["cl"].result_count == count


def test_what_was_given_since_is_counted_apart(client: Client, owner: User) -> None:
    review = a_campaign(owner, "ana")
    (item,) = items(review).values()
    now = timezone.now()
    a_grant(item.system, "late", valid_from=now, valid_to=now + DAY)
    a_grant(a_system(), "elsewhere", valid_from=now, valid_to=now + DAY)
    shown = client.get(f"/admin/governance/accessreview/{review.pk}/change/").content.decode()
    found = re.search(r'href="([^"]+)">1 grant</a>, not part', shown)
    assert found is not None
    listed = client.get(unescape(found[1]))
    assert [row.principal for row in listed.context["cl"].result_list] == ["late"]
    assert review.items.count() == 1
