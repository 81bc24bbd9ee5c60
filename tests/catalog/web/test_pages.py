"""The catalog's pages: what is shown to whom, what the forms do, and at which cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.actions import harvesting
from catalog.models import Asset, HarvestRun, LabelAssertion
from governance import registries
from governance.domain.actor import Actor
from governance.models import DriftFinding, GovernedSystem, Grant, Job, ObservedGrant, Snapshot
from governance.registries import Panel
from tests.builders.catalog import NOW, a_column, a_label, a_run, an_asset, harvested
from tests.builders.coverage import an_answer
from tests.builders.governance import a_member, a_site, a_system, a_user
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db
LIST = "/catalog/"


def text(client: Client, url: str, **data: Any) -> str:
    response = client.get(url, data)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


@pytest.fixture
def steward() -> Client:
    return proven(a_member("steward"))


def test_a_stranger_is_sent_to_sign_in() -> None:
    response = Client().get(LIST)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


def test_an_empty_catalog_says_what_fills_it(steward: Client) -> None:
    assert "manage.py harvest postgresql" in text(steward, LIST)


def test_a_list_shows_data_assets_and_not_their_columns(steward: Client) -> None:
    table = an_asset(name="badge")
    a_column(table, name="badge_number")
    page = text(steward, LIST)
    assert "table with 1 column" in page
    assert "badge_number" not in page
    assert "badge_number" in text(steward, LIST, kind="column")


def test_whoever_holds_a_role_at_one_site_sees_that_site_only() -> None:
    mine, other = an_asset(name="mine"), an_asset(name="other")
    client = proven(a_member("steward", site=mine.site))
    page = text(client, LIST)
    assert f'href="{reverse("catalog:asset", args=[mine.pk])}"' in page
    assert "other" not in page.split("<tbody>")[1].split("</tbody>")[0]
    assert other.system.name not in page
    assert client.get(reverse("catalog:asset", args=[other.pk])).status_code == 404


FILTERS: list[tuple[dict[str, str], set[str]]] = [
    ({"q": "bad"}, {"badge"}),
    ({"q": "WHO works"}, {"badge"}),
    ({"level": "restricted"}, {"badge"}),
    ({"level": "unclassified"}, {"order"}),
    ({"gap": "owner"}, {"order"}),
    ({"gap": "label"}, {"badge"}),
    ({"gap": "any"}, {"badge", "order"}),
    ({"review": "yes"}, {"badge"}),
    ({"q": "nothing of the kind"}, set()),
    ({"q": "100%"}, set()),
    ({"site": "atlantis"}, set()),
    ({"system": "atlantis"}, set()),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    FILTERS,
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_filters_find_what_they_say(
    steward: Client, filters: dict[str, str], expected: set[str]
) -> None:
    system = a_system()
    badge = an_asset(
        system=system, name="badge", level=3, owner=a_user(), description="who works on the line"
    )
    a_label(a_column(badge, name="number", fqn="elsewhere"))
    an_asset(system=system, name="order", is_classified=True)
    an_asset(system=system, name="gone", level=3, gone_at=NOW)
    response = steward.get(LIST, filters)
    assert {row["name"] for row in response.context["page"]["rows"]} == expected


def test_a_site_shows_what_is_below_it(steward: Client) -> None:
    region = a_site(kind="region")
    an_asset(name="inside", system=a_system(site=a_site(parent=region)))
    an_asset(name="beside")
    response = steward.get(LIST, {"site": region.slug})
    assert [row["name"] for row in response.context["page"]["rows"]] == ["inside"]


@pytest.mark.parametrize(
    "query", ["level=secret", "gap=all", "kind=dragon", "review=1", "in=x", "in=1e3"]
)
def test_a_word_that_no_filter_knows_is_refused(steward: Client, query: str) -> None:
    assert steward.get(f"{LIST}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["after=x", "after=99999999", "q=%00", "in=99999"])
def test_an_address_that_leads_nowhere_still_answers(steward: Client, query: str) -> None:
    assert steward.get(f"{LIST}?{query}").status_code == 200


def test_pages_follow_each_other_without_gap_or_repetition(steward: Client) -> None:
    system = a_system()
    for number in range(120):
        # Equal names in several databases must not be lost at the edge of a page.
        an_asset(system=system, name="same" if 40 < number < 60 else f"t{number:03}")
    seen: list[int] = []
    url = LIST
    while url:
        page = steward.get(LIST + url.removeprefix(LIST)).context["page"]
        seen += [row["pk"] for row in page["rows"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_row_and_for_three(
    steward: Client, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        table = an_asset(owner=a_user())
        a_label(a_column(table))
    text(steward, LIST)
    with django_assert_num_queries(11):
        text(steward, LIST)


@pytest.mark.parametrize("count", [1, 3])
def test_an_asset_costs_the_same_with_one_column_and_with_three(
    steward: Client,
    count: int,
    django_assert_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What higher apps add is theirs to count.
    monkeypatch.setattr(registries, "panels", registries.Registry("panel"))
    table = an_asset(owner=a_user())
    for _ in range(count):
        a_label(a_column(table))
    text(steward, f"{LIST}{table.pk}/")
    with django_assert_num_queries(25):
        text(steward, f"{LIST}{table.pk}/")


@pytest.mark.parametrize("count", [1, 3])
def test_harvests_cost_the_same_for_one_system_and_for_three(
    steward: Client, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        a_run()
    text(steward, f"{LIST}harvests/")
    with django_assert_num_queries(7):
        text(steward, f"{LIST}harvests/")


def test_an_asset_says_why_it_is_labeled_and_where_its_owner_comes_from(
    operator: Actor, steward: Client
) -> None:
    system = a_system()
    harvesting.take_in(system, harvested("operator", columns=("email", "lot")), by=operator, at=NOW)
    owner = a_user(name="Lucía Herrera")
    Asset.objects.filter(system=system, kind="schema").update(stated_owner=owner)
    Asset.objects.filter(system=system).exclude(kind="system").update(owner=owner)
    table = Asset.objects.get(system=system, kind="table")
    page = text(steward, f"{LIST}{table.pk}/")
    assert "Name: email." in page
    assert "Nothing in the name speaks for more." in page
    assert "Lucía Herrera" in page
    assert "from schema mes" in page
    assert "2 labels to review" in page
    assert "missing: a technical owner, accepted labels, a zone" in page


def test_an_asset_says_that_its_owner_disowned_it_and_whose_it_may_be(steward: Client) -> None:
    owner = a_user(name="Jan Kral")
    asset = an_asset(owner=owner)
    an_answer(asset, user=owner, answer="not_mine", word="the packing line's")
    an_answer(asset, answer="not_mine", word="of somebody who is not asked")
    page = text(steward, f"{LIST}{asset.pk}/")
    assert "missing: a business owner" in page
    assert "Jan Kral said on" in page
    assert "that it is not theirs: the packing line&#x27;s" in page
    assert "somebody who is not asked" not in page
    confirmed = an_asset(owner=owner)
    an_answer(confirmed, user=owner)
    assert "not theirs" not in text(steward, f"{LIST}{confirmed.pk}/")


def test_whoever_reads_no_labels_is_not_told_that_there_are_none() -> None:
    table = an_asset(name="badge")
    a_label(a_column(table, name="email", level=2), category="email")
    page = text(proven(a_member("site_operator")), reverse("catalog:asset", args=[table.pk]))
    assert "no person has spoken" not in page
    assert "Your roles here do not read who labeled it" in page
    assert "<td>Confidential</td>" in page
    assert "nothing to review" not in page


def test_labels_are_accepted_and_rejected_on_the_page(steward: Client) -> None:
    table = an_asset()
    right, wrong = a_label(a_column(table)), a_label(a_column(table))
    url = reverse("catalog:decide", args=[table.pk])
    steward.post(url, {"label": [right.pk], "verdict": "accept"})
    response = steward.post(url, {"label": [wrong.pk], "verdict": "reject"}, follow=True)
    assert "A rejection needs a reason." in response.content.decode()
    steward.post(url, {"label": [wrong.pk], "verdict": "reject", "reason": "a place"})
    right.refresh_from_db()
    wrong.refresh_from_db()
    assert (right.status, wrong.status, wrong.reason) == ("accepted", "rejected", "a place")
    table.refresh_from_db()
    assert table.is_classified


def test_all_labels_of_a_table_are_accepted_at_once(steward: Client) -> None:
    table, other = an_asset(), a_label()
    for _ in range(3):
        a_label(a_column(table))
    url = reverse("catalog:decide", args=[table.pk])
    steward.post(url, {"verdict": "accept", "all": "yes"})
    assert LabelAssertion.objects.filter(status="accepted").count() == 3
    other.refresh_from_db()
    assert other.status == "proposed"


def test_labels_of_another_table_cannot_be_smuggled_in(steward: Client) -> None:
    table, other = an_asset(), a_label()
    url = reverse("catalog:decide", args=[table.pk])
    steward.post(url, {"label": [other.pk, "x", "9" * 30], "verdict": "accept"})
    other.refresh_from_db()
    assert other.status == "proposed"


def test_whoever_may_only_read_finds_no_form_and_is_refused() -> None:
    table = an_asset()
    label = a_label(a_column(table))
    client = proven(a_member("auditor"))
    assert "Accept the ticked" not in text(client, f"{LIST}{table.pk}/")
    url = reverse("catalog:decide", args=[table.pk])
    assert client.post(url, {"label": [label.pk], "verdict": "accept"}).status_code == 403
    own = reverse("catalog:own", args=[table.pk])
    assert client.post(own, {"owner": a_user().email}).status_code == 403


def test_an_owner_is_set_and_taken_back_on_the_page(steward: Client) -> None:
    asset, owner = an_asset(), a_user(name="Iván Ríos")
    url = reverse("catalog:own", args=[asset.pk])
    response = steward.post(url, {"owner": owner.email}, follow=True)
    assert "Iván Ríos answers for" in response.content.decode()
    asset.refresh_from_db()
    assert asset.owner == owner
    steward.post(url, {"owner": ""})
    asset.refresh_from_db()
    assert asset.owner is None
    response = steward.post(url, {"owner": "nobody@example.org"}, follow=True)
    assert "Nobody has the address" in response.content.decode()
    gone = a_user(is_active=False)
    response = steward.post(url, {"owner": gone.email}, follow=True)
    assert "Nothing was changed" in response.content.decode()


def test_the_page_says_who_has_access_and_what_drifted(steward: Client) -> None:
    system = a_system()
    asset = an_asset(system=system, name="badge")
    at = timezone.now()
    Snapshot.objects.create(system=system, taken_at=at, state="compared", grants=2, source_hash="x")
    key = {"entitlement": "select", "scope": "mes.badge"}
    for name in ("ana", "rogue"):
        ObservedGrant.objects.create(system=system, principal=name, via="direct", **key)
    ends = {"valid_from": at - timedelta(days=1), "valid_to": at + timedelta(days=9)}
    Grant.objects.create(
        system=system, principal="ana", approved_by="user:x", reason="r", **ends, **key
    )
    seen = {"first_seen_at": at, "last_seen_at": at, "severity": "high", "system": system}
    DriftFinding.objects.create(kind="unapproved", principal="rogue", **seen, **key)
    DriftFinding.objects.create(kind="missing", principal="absent", **seen, **key)
    board = proven(a_member("board_member"))
    page = text(board, f"{LIST}{asset.pk}/")
    assert "Granted in the system, approved by nobody." in page
    assert "approved, not there" in page
    lines = board.get(f"{LIST}{asset.pk}/").context["page"]["access"]["lines"]
    assert {(line.principal, line.state) for line in lines} == {
        ("ana", "approved"),
        ("rogue", "drift"),
        ("absent", "missing"),
    }
    analyst = proven(a_member("soc_analyst"))
    assert "rogue" not in text(analyst, f"{LIST}{asset.pk}/")


def test_higher_apps_add_their_panels(steward: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asset = an_asset()
    panels: registries.Registry[Any] = registries.Registry("panel")
    panels.add("catalog.asset:findings", lambda ref, by: [Panel("Findings", (("On", ref),))])
    panels.add("catalog.asset:incidents", lambda ref, by: [Panel("Incidents", (("Of", ref),))])
    panels.add("catalog.other", lambda ref, by: [Panel("Elsewhere", ())])
    monkeypatch.setattr(registries, "panels", panels)
    page = text(steward, f"{LIST}{asset.pk}/")
    assert page.count(f"<dd>{asset.ref}</dd>") == 2
    assert "Elsewhere" not in page


def test_a_gone_asset_says_so(steward: Client) -> None:
    asset = an_asset(gone_at=NOW)
    assert "Its source shows it no longer." in text(steward, f"{LIST}{asset.pk}/")


def test_a_harvest_is_put_off_from_the_page(steward: Client) -> None:
    system = a_system()
    url = reverse("catalog:harvest", args=[system.slug])
    assert system.name in text(steward, f"{LIST}harvests/")
    steward.post(url)
    steward.post(url)
    job = Job.objects.get(kind="catalog_harvest")
    assert job.payload == {"system": system.slug}
    assert "waits or runs" in text(steward, f"{LIST}harvests/")
    assert steward.post(reverse("catalog:harvest", args=["atlantis"])).status_code == 404
    auditor = proven(a_member("auditor"))
    assert "Harvest " + system.name + " now" not in text(auditor, f"{LIST}harvests/")
    assert auditor.post(url).status_code == 403


def test_a_failed_harvest_is_told_in_words(steward: Client) -> None:
    a_run(is_complete=False, error="localhost:1: nothing listens there (unreachable)")
    page = text(steward, f"{LIST}harvests/")
    assert "nothing listens there (unreachable) Nothing was changed." in page


def test_the_job_harvests_in_the_name_of_whoever_asked(operator: Actor) -> None:
    kind = registries.job_kinds.get("catalog_harvest")
    assert kind is not None
    system = a_system(dsn="postgresql://r@127.0.0.1:1/x")
    run = registries.JobRun(1, "catalog_harvest", {"system": system.slug}, operator, NOW, 1)
    kind.handler(run)
    assert HarvestRun.objects.get(system=system).error
    every = registries.job_kinds.get("catalog_harvest_all")
    assert every is not None
    GovernedSystem.objects.exclude(pk=system.pk).update(is_scheduled=False)
    every.handler(registries.JobRun(2, "catalog_harvest_all", {}, operator, NOW, 1))
    assert Job.objects.get(kind="catalog_harvest").payload == {"system": system.slug}


def test_a_search_shows_columns_with_their_table_and_what_narrows_it_down(steward: Client) -> None:
    table = an_asset(name="staff", level=3)
    a_column(table, name="badge_number", level=2)
    an_asset(name="badge")
    page = text(steward, LIST, q="badge")
    address = reverse("catalog:asset", args=[table.pk])
    assert f'column of <a href="{address}">staff</a>' in page
    assert "best first" in page
    assert "?q=badge&amp;level=confidential" in page
    assert "badge_number" in text(steward, LIST, q="badge", level="confidential")


def test_whoever_types_gets_the_results_alone(steward: Client) -> None:
    an_asset(name="badge")
    part = steward.get(LIST, {"q": "badg"}, headers={"HX-Request": "true", "HX-Target": "found"})
    content = part.content.decode()
    assert content.startswith('<div id="found"')
    assert "badge" in content
    assert 'hx-trigger="input changed delay:300ms from:#q"' in text(steward, LIST)
