"""The three searches of AuthZEN 1.0, over real HTTP: never more than single decisions say."""

import random
from typing import Any

import pytest
from django.core.signing import loads

from governance.api import authzen_bodies
from governance.domain.authzen import Wanted
from governance.models import User, guardian_grants
from governance.queries import searching
from tests.builders.access import (
    a_caller,
    a_directory,
    a_policy,
    a_resource,
    a_rule,
    a_subject,
    a_type,
    question,
)
from tests.builders.governance import a_member, a_site, a_system, a_user, holds
from tests.governance.api.asking import Pep

pytestmark = pytest.mark.django_db(transaction=True)
SEED = 20261117
READ = "governance:system:read"
SYSTEM = "governance.governedsystem"


@pytest.fixture
def pep(live_server: Any) -> Pep:
    return Pep(live_server.url, a_caller(slug="tower")[1])


def wanted(of: str, body: dict[str, Any], **page: Any) -> dict[str, Any]:
    """Turn a question into a search for one of its parts."""
    part = {key: value for key, value in body[of].items() if key != "id"} if of in body else {}
    found = {**body, of: part} if of != "action" else {k: body[k] for k in body if k != "action"}
    return {**found, "page": page} if page else found


def pages(pep: Pep, kind: str, body: dict[str, Any], limit: int) -> list[list[dict[str, Any]]]:
    """Return every page."""
    found, token = [], ""
    while True:
        page = {"limit": limit, "token": token}
        answer = pep.ask(f"search/{kind}", {**body, "page": page})
        found.append(answer["results"])
        assert answer["page"]["count"] == len(answer["results"]) <= limit
        token = answer["page"]["next_token"]
        if not token:
            return found
        assert len(found) < 200


def a_generated_world(seeded: random.Random) -> None:
    roles, acts = ["red", "green", "blue"], ["see", "take", "move"]
    conditions = [
        "True",
        "r.res.size > 2",
        "r.res.owner == r.sub.id",
        "r.sub.level >= 2",
        "r.res.missing == 1",
    ]
    a_policy(
        [
            a_rule(
                seeded.choice(roles),
                seeded.choice(["box", "bag"]),
                seeded.choice([*acts, "*"]),
                seeded.choice(conditions),
                seeded.choice(["allow", "allow", "allow", "deny"]),
            )
            for _ in range(14)
        ]
    )
    site = a_site()
    subjects = [f"s{number}" for number in range(12)]
    a_directory(
        *(
            a_subject("robot", key, *seeded.sample(roles, seeded.randint(0, 2)), level=number % 4)
            for number, key in enumerate(subjects)
        ),
        *(
            a_resource(
                kind,
                f"{kind}{number}",
                size=number % 5,
                owner=seeded.choice(subjects),
                site=seeded.choice(["", site.slug]),
            )
            for kind in ("box", "bag")
            for number in range(8)
        ),
    )
    a_type("resource", "box", acts=[*acts, "burn"])
    a_type("resource", "bag", acts=acts)


def test_each_search_says_exactly_what_single_decisions_say(pep: Pep) -> None:
    seeded = random.Random(SEED)
    a_generated_world(seeded)
    subjects = [f"s{number}" for number in range(12)]
    acts = ["see", "take", "move", "burn"]
    declared = {"box": acts, "bag": acts[:3]}
    items = [
        (s, a, kind, f"{kind}{r}")
        for s in subjects
        for a in acts
        for kind in ("box", "bag")
        for r in range(8)
    ]
    truth = {}
    for start in range(0, len(items), 1000):
        part = items[start : start + 1000]
        asked = [question(("robot", s), a, (kind, key)) for s, a, kind, key in part]
        answers = pep.ask("evaluations", {"evaluations": asked})["evaluations"]
        truth.update(zip(part, (one["decision"] for one in answers), strict=True))
    assert 0.05 < sum(truth.values()) / len(truth) < 0.95, "the sample decides both ways"
    for s in subjects:
        for a in acts:
            for kind in ("box", "bag"):
                body = wanted("resource", question(("robot", s), a, (kind, "ignored")))
                found = [one["id"] for page in pages(pep, "resource", body, 3) for one in page]
                assert found == [f"{kind}{r}" for r in range(8) if truth[s, a, kind, f"{kind}{r}"]]
    for kind, key in [("box", "box1"), ("box", "box6"), ("bag", "bag2"), ("bag", "bag7")]:
        for a in acts:
            body = wanted("subject", question(("robot", "ignored"), a, (kind, key)))
            found = [one["id"] for page in pages(pep, "subject", body, 2) for one in page]
            assert found == sorted(s for s in subjects if truth[s, a, kind, key])
        for s in subjects:
            body = wanted("action", question(("robot", s), "x", (kind, key)))
            found = [one["name"] for page in pages(pep, "action", body, 2) for one in page]
            assert found == sorted(a for a in declared[kind] if truth[s, a, kind, key])


def test_our_own_records_are_found_as_lists_show_them(pep: Pep) -> None:
    here, there = a_site(), a_site()
    steward = a_member("steward", site=here)
    mine = [a_system(site=here) for _ in range(5)]
    others = [a_system(site=there) for _ in range(3)]
    guardian_grants.give(steward, "read", others[1])
    body = wanted("resource", question(("user", str(steward.pk)), READ, (SYSTEM, "x")))
    expected = [{"type": SYSTEM, "id": str(row.pk)} for row in [*mine, others[1]]]
    assert pep.ask("search/resource", body)["results"] == expected
    assert [one for page in pages(pep, "resource", body, 2) for one in page] == expected
    counted = pep.ask("search/resource", {**body, "page": {"limit": 0}})
    assert (counted["results"], counted["page"]["total"]) == ([], 6)
    a_directory(a_subject("robot", "r2", "auditor"))
    robot = wanted("resource", question(("robot", "r2"), READ, (SYSTEM, "x")))
    assert len(pep.ask("search/resource", robot)["results"]) == 8


def test_our_own_people_are_found_transitively_over_sites(pep: Pep) -> None:
    region = a_site(kind="region")
    plant = a_site(parent=region)
    system = a_system(site=plant)
    above, beside = a_member("steward", site=region), a_member("steward", site=a_site())
    gone = a_member("steward", site=region, is_active=False)
    given = a_user()
    guardian_grants.give(given, "read", system)
    body = wanted("subject", question(("user", "x"), READ, (SYSTEM, str(system.pk))))
    found = {one["id"] for page in pages(pep, "subject", body, 1) for one in page}
    assert {str(above.pk), str(given.pk)} <= found
    assert not {str(beside.pk), str(gone.pk)} & found
    services = pep.ask("search/subject", {**body, "subject": {"type": "service"}})["results"]
    assert {"type": "service", "id": "operator"} in services
    assert User.objects.filter(kind="service").count() > len(services)


def test_actions_on_our_own_records(pep: Pep) -> None:
    system = a_system()
    admin, steward = a_member("administrator"), a_member("steward")
    for user, expected in (
        (admin, [READ.replace("read", "change"), READ]),
        (steward, [READ]),
        (a_user(), []),
    ):
        body = wanted("action", question(("user", str(user.pk)), "x", (SYSTEM, str(system.pk))))
        found = pep.ask("search/action", body)["results"]
        assert found == [{"name": name} for name in expected]
    holds(steward, "administrator")
    body = wanted("action", question(("user", str(steward.pk)), "x", (SYSTEM, "0")))
    assert pep.ask("search/action", body)["results"] == [], "there is no such record"


def boxes(pep: Pep, number: int = 7) -> dict[str, Any]:
    a_policy([a_rule("packer", "box", "see"), a_rule("packer", "box", "take")])
    a_directory(
        a_subject("robot", "r2", "packer"),
        a_subject("robot", "r3", "packer"),
        *(a_resource("box", f"b{n:03}") for n in range(number)),
    )
    return wanted("resource", question(("robot", "r2"), "see", ("box", "ignored")))


def test_pages_and_counts(pep: Pep) -> None:
    body = boxes(pep)
    first = pep.ask("search/resource", {**body, "page": {"limit": 3}})
    assert [one["id"] for one in first["results"]] == ["b000", "b001", "b002"]
    assert "total" not in first["page"]
    assert [len(page) for page in pages(pep, "resource", body, 3)] == [3, 3, 1]
    assert [len(page) for page in pages(pep, "resource", body, 7)] == [7]
    whole = pep.ask("search/resource", body)
    assert whole["page"] == {"next_token": "", "count": 7, "total": 7}
    none = pep.ask("search/resource", {**body, "page": {"limit": 0}})
    assert (none["results"], none["page"]) == ([], {"next_token": "", "count": 0, "total": 7})
    nobody = pep.ask("search/resource", {**body, "subject": {"type": "robot", "id": "r9"}})
    assert (nobody["results"], nobody["page"]["total"]) == ([], 0)
    # An entity that comes before the place where the page ended changes nothing after it.
    token = first["page"]["next_token"]
    a_directory(a_resource("box", "a"), a_resource("box", "b0035"))
    second = pep.ask("search/resource", {**body, "page": {"limit": 3, "token": token}})
    assert [one["id"] for one in second["results"]] == ["b003", "b0035", "b004"]


def test_a_page_token_counts_for_its_search_alone(pep: Pep, monkeypatch: Any) -> None:
    body = boxes(pep)
    page = {"limit": 2}
    token = pep.ask("search/resource", {**body, "page": page})["page"]["next_token"]
    again = {**body, "page": {**page, "token": token}}
    assert pep.post("search/resource", again).status == 200
    held = loads(token, salt=authzen_bodies._SALT)
    assert held["k"] == "b001"
    half = token[: len(token) // 2]
    changed = [
        {**again, "subject": {"type": "robot", "id": "r3"}},
        {**again, "action": {"name": "take"}},
        {**again, "resource": {"type": "bag"}},
        {**again, "context": {"at": "night"}},
        {**again, "page": {"limit": 3, "token": token}},
        *({**again, "page": {**page, "token": odd}} for odd in (half, "x", "a:b:c", token + "x")),
    ]
    for other in changed:
        answer = pep.post("search/resource", other)
        assert answer.status == 400, other
        assert answer.json()["pointer"] == "/page/token"
    subject = wanted("subject", question(("robot", "x"), "see", ("box", "b001")), **page)
    subject["page"]["token"] = token
    assert pep.post("search/subject", subject).status == 400
    stranger = Pep(pep.address, a_caller()[1])
    assert stranger.post("search/resource", again).status == 400
    monkeypatch.setattr(authzen_bodies, "TOKEN_SECONDS", -1)
    late = pep.post("search/resource", again)
    assert (late.status, "too old" in late.json()["detail"]) == (400, True)
    monkeypatch.undo()
    a_policy([a_rule("packer", "box", "see")])
    assert "has changed" in pep.post("search/resource", again).json()["detail"]


def test_a_page_ends_where_it_has_looked_at_enough(pep: Pep, monkeypatch: Any) -> None:
    monkeypatch.setattr(searching, "SCANNED", 4)
    body = boxes(pep, 10)
    a_policy([a_rule("packer", "box", "see", "r.res.id == 'b009'")])
    found = pages(pep, "resource", body, 5)
    assert found == [[], [], [{"type": "box", "id": "b009"}]]
    counted = pep.ask("search/resource", {**body, "page": {"limit": 0}})["page"]
    assert "total" not in counted


@pytest.mark.parametrize("kind", list(Wanted), ids=str)
def test_a_search_that_cannot_be_read_is_refused(pep: Pep, kind: Wanted) -> None:
    good = wanted(kind, question(("robot", "r2"), "see", ("box", "b1")))
    assert pep.post(f"search/{kind}", good).status == 200
    bad: list[Any] = [[], None, {}, {**good, "page": []}]
    bad += [{**good, "page": {"limit": value}} for value in (-1, "5", 1.5, True, None)]
    bad += [{**good, "page": {"token": value}} for value in (5, None, {})]
    bad += [{key: value for key, value in good.items() if key != name} for name in good]
    bad += [{**good, name: {**good[name], "properties": 5}} for name in good]
    if kind is not Wanted.ACTION:
        bad += [{**good, kind: {}}, {**good, kind: {"type": ""}}]
    for body in bad:
        answer = pep.post(f"search/{kind}", body)
        assert (answer.status, answer.json()["code"]) == (400, "bad_input"), body
    ignored = {**good, kind: {**good.get(kind, {}), "id": 5, "name": []}}
    assert pep.post(f"search/{kind}", ignored).status == 200
    assert pep.ask(f"search/{kind}", {**good, "page": {"limit": 10**9}})["results"] == []
