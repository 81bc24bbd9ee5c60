"""Pages of signals: queues, one press, and what each may see."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from governance.models import User
from incidents.models import Alert, Incident, SignalMapper
from incidents.signals.shipped import SLIM
from tests.builders.catalog import an_asset
from tests.builders.governance import a_site
from tests.builders.signals import a_signal, sent

pytestmark = pytest.mark.django_db
SignIn = Callable[..., tuple[Client, User]]


def test_one_press_leads_to_the_room(sign_in: SignIn) -> None:
    client, _ = sign_in("soc_analyst")
    sent(a_signal(title="Odd log-in"))
    page = client.get("/incidents/signals/").content.decode()
    assert "1 alert waits for a decision; of 1 nobody knows which asset is meant." in page
    answer = client.post(f"/incidents/signals/{Alert.objects.get().pk}/act/", {"act": "promote"})
    assert answer.status_code == 303
    assert answer["Location"] == f"/incidents/{Incident.objects.get().reference}/"
    assert client.get(answer["Location"]).status_code == 200
    running = client.get("/incidents/signals/?queue=running").content.decode()
    assert Incident.objects.get().reference in running


def test_an_unknown_asset_is_named(sign_in: SignIn) -> None:
    client, _ = sign_in("soc_analyst")
    asset = an_asset()
    sent(a_signal(asset="ws-5"))
    key = Alert.objects.get().pk
    assert "ws-5" in client.get("/incidents/signals/?queue=unknown").content.decode()
    refused = client.post(f"/incidents/signals/{key}/act/", {"act": "place", "said": "nothing"})
    assert (refused.status_code, "No live asset" in refused.content.decode()) == (400, True)
    client.post(f"/incidents/signals/{key}/act/", {"act": "place", "said": asset.ref})
    assert "ws-5" not in client.get("/incidents/signals/?queue=unknown").content.decode()


def test_resolving_asks_why(sign_in: SignIn) -> None:
    client, _ = sign_in("soc_analyst")
    sent(a_signal(title="<b>x</b>"))
    address = f"/incidents/signals/{Alert.objects.get().pk}/"
    page = client.get(address).content.decode()
    assert "&lt;b&gt;x" in page
    assert client.post(f"{address}act/", {"act": "resolve"}).status_code == 422
    assert client.post(f"{address}act/", {"act": "none"}).status_code == 422
    client.post(f"{address}act/", {"act": "resolve", "said": "our scanner"})
    assert "our scanner" in client.get("/incidents/signals/?queue=resolved").content.decode()


def test_a_site_sees_its_own_alerts_only(sign_in: SignIn) -> None:
    mine, other = a_site(slug="mine"), a_site(slug="other")
    sent(a_signal(site="mine", title="Here"), a_signal(site="other", title="There", rule="x"))
    client, _ = sign_in("site_operator", site=mine)
    page = client.get("/incidents/signals/").content.decode()
    assert "Here" in page
    assert "There" not in page
    assert "1 alert waits" in page
    hidden = Alert.objects.get(site=other).pk
    assert client.get(f"/incidents/signals/{hidden}/").status_code == 404
    assert client.get("/incidents/signals/99999999999999999999/").status_code == 404
    own = Alert.objects.get(site=mine).pk
    answer = client.post(f"/incidents/signals/{own}/act/", {"act": "promote"})
    assert answer.status_code == 403
    stranger, _ = sign_in("steward")
    assert stranger.get("/incidents/signals/").status_code == 403


def test_pages_are_cut_by_key(sign_in: SignIn) -> None:
    client, _ = sign_in("soc_analyst")
    weights = ("low", "high", "critical")
    sent(*[a_signal(rule=f"r{one}", severity=weights[one % 3]) for one in range(120)])
    seen, address = [], "/incidents/signals/"
    while address:
        context = client.get(address).context
        seen += [line.alert.pk for line in context["lines"]]
        address = context["following"]
    assert len(seen) == len(set(seen)) == 120
    held = dict(Alert.objects.values_list("pk", "weight"))
    assert [held[key] for key in seen] == sorted(held.values(), reverse=True)


def test_a_mapper_is_tried_and_kept(sign_in: SignIn) -> None:
    client, _ = sign_in("soc_analyst")
    text, sample = json.dumps(SLIM), json.dumps(a_signal(title="Read me"))
    given = {"mapper": text, "sample": f"{sample}\n{{}}"}
    page = client.post("/incidents/signals/mappers/", {**given, "act": "try"}).content.decode()
    assert "Read me" in page
    assert "not taken: it has no title" in page
    assert not SignalMapper.objects.exists()
    for number in (1, 2):
        client.post("/incidents/signals/mappers/", {**given, "act": "keep", "slug": "edr"})
        assert SignalMapper.objects.filter(slug="edr", number=number).exists()
    assert "version 2" in client.get("/incidents/signals/mappers/?slug=edr").content.decode()
    for broken, slug, words in (
        ("{", "x", "no JSON"),
        ("{}", "x", "/format"),
        (text, "slim", "is shipped"),
    ):
        answer = client.post(
            "/incidents/signals/mappers/", {"mapper": broken, "act": "keep", "slug": slug}
        )
        assert answer.status_code == 400
        assert words in answer.content.decode()
    stranger, _ = sign_in("auditor")
    assert stranger.get("/incidents/signals/mappers/").status_code == 403
