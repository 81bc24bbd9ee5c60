"""The list: open first, one query count whatever its length."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.builders.governance import a_site
from tests.builders.incidents import a_closed_incident, an_incident

pytestmark = pytest.mark.django_db
QUERIES = 7


@pytest.mark.parametrize("many", [1, 3])
def test_the_number_of_queries_does_not_grow(
    sign_in: Callable[..., Any], django_assert_num_queries: Any, many: int
) -> None:
    client, user = sign_in()
    for _ in range(many):
        an_incident(by=user.as_actor(), at=timezone.now())
    with django_assert_num_queries(QUERIES):
        page = client.get("/incidents/")
    assert page.status_code == 200
    assert page.content.decode().count("nobody yet") == many


def test_the_worst_open_one_comes_first_and_closed_ones_on_demand(
    sign_in: Callable[..., Any],
) -> None:
    client, user = sign_in()
    by, at = user.as_actor(), timezone.now()
    site = a_site()
    an_incident(by=by, at=at, title="Slow", severity="SEV4", site=site)
    an_incident(by=by, at=at, title="Fire", severity="SEV1")
    an_incident(by=by, at=at, title="Exercise", severity="SEV2", kind="drill")
    a_closed_incident(by=by, at=at - timedelta(days=1), title="Burnt motor", site=site)
    text = client.get("/incidents/").content.decode()
    assert text.index("Fire") < text.index("Exercise") < text.index("Slow")
    assert "Burnt motor" not in text
    assert "3 incidents are open, 1 of them SEV1." in text
    assert text.count(">DRILL<") == 1
    text = client.get("/incidents/?state=ended").content.decode()
    assert "Burnt motor" in text
    assert "Fire" not in text
    text = client.get(f"/incidents/?state=all&site={site.slug}&kind=live").content.decode()
    assert "Burnt motor" in text
    assert "Slow" in text
    assert "Fire" not in text
    assert client.get("/incidents/?state=x&site=%00&kind=x&before=zz&about=x").status_code == 200


def test_others_see_nothing_of_it(sign_in: Callable[..., Any]) -> None:
    incident = an_incident(at=timezone.now(), title="Secret fire")
    for role, site in (("soc_analyst", a_site()), ("data_owner", None)):
        client, _ = sign_in(role, site)
        assert b"Secret fire" not in client.get("/incidents/?state=all").content
        assert client.get(f"/incidents/{incident.reference}/").status_code == 404
        for part in ("live/",):
            assert client.get(f"/incidents/{incident.reference}/{part}").status_code == 404
        for part in ("say/", "step/1/", "start/recovery/", "commander/", "link/", "end/"):
            assert client.post(f"/incidents/{incident.reference}/{part}").status_code == 404


def test_an_empty_list_says_what_to_do(sign_in: Callable[..., Any]) -> None:
    client, _ = sign_in()
    text = client.get("/incidents/").content.decode()
    assert "No incident is open here." in text
    assert "Declare an incident" in text
    client, _ = sign_in("auditor")
    assert "Declare an incident" not in client.get("/incidents/").content.decode()
