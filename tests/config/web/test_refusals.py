"""Refusals as pages and as problem documents."""

import html
import json
import logging
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory

from catalog.models import Asset
from catalog.permissions import Act as CatalogAct
from config import problems
from config.web import refusals
from governance import access, boundary
from governance.domain.actor import Actor
from governance.errors import NotAllowed
from governance.models import AuditEvent
from governance.queries import denials
from tests.builders import signin
from tests.builders.catalog import an_asset
from tests.builders.governance import NOW, a_member, a_site, a_system, a_user, holds


@pytest.mark.django_db
def test_a_page_that_is_not_there_says_so_calmly() -> None:
    answer = signin.proven(a_member("auditor")).get("/nowhere/")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in page
    assert answer["X-Request-ID"] in page


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["/api/", "/portal/api/", "/access/"])
def test_machines_get_a_problem_document(prefix: str) -> None:
    answer = Client().get(f"{prefix}nowhere/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_without_a_database_the_page_still_comes(caplog: pytest.LogCaptureFixture) -> None:
    """No fixture opens the database here, so any query would fail this test."""
    request = RequestFactory().get("/")
    request.META["wardroom.request_id"] = "7f3a02bc"
    with caplog.at_level(logging.CRITICAL):
        try:
            raise OperationalError("gone")
        except OperationalError:
            answer = refusals.broken(request)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "Nothing was changed" in answer.content.decode()
    assert "7f3a02bc" in answer.content.decode()


@pytest.mark.django_db
def test_a_form_of_another_session_is_refused_with_advice() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/accounts/login/", {"login": "a@b.c", "password": "x"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


@pytest.mark.django_db
def test_a_wrong_host_is_answered_without_details() -> None:
    answer = Client().get("/accounts/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


@pytest.mark.django_db
def test_too_many_tries_of_one_address_are_paused() -> None:
    signin.forget_limits()
    client = Client()
    answers = [
        client.post("/accounts/login/", {"login": f"{n}@example.org", "password": "x"})
        for n in range(31)
    ]
    assert answers[-1].status_code == 429
    assert "Wait 5 minutes" in answers[-1].content.decode()
    signin.forget_limits()


def refused(by: Actor, asset: Asset, path: str) -> HttpResponse:
    """Answer as an address does whose action refuses ``by`` to read ``asset``."""
    with boundary.acting(by, at=NOW):
        with pytest.raises(NotAllowed) as caught:
            access.require(by, CatalogAct.ASSET_READ, asset, at=NOW)
        return problems.respond(RequestFactory().get(path), caught.value)


@pytest.mark.django_db
def test_a_refusal_says_why_and_where_to_ask() -> None:
    asset = an_asset()
    by = a_member("steward", site=a_site()).as_actor()
    body = json.loads(refused(by, asset, "/api/v1/x").content)
    assert (body["status"], body["code"], body["reason"]) == (403, "not_allowed", "deny:no_rule")
    form = urlsplit(body["access_request"]["form_url"])
    query = parse_qs(form.query)
    (binding,) = query.pop("denial")
    assert query == {"resource": [asset.ref], "act": ["catalog:asset:read"]}
    _, call = denials.read(binding, subject=by.ref, act="catalog:asset:read", ref=asset.ref)
    assert AuditEvent.objects.filter(request_id=call, outcome="denied", object=asset.ref).exists()
    assert "would_permit" not in body, "rules are told to those who may read decisions"
    page = refused(by, asset, "/catalog/").content.decode()
    assert "<code>deny:no_rule</code>" in page
    assert "No rule permits this. A role at this scope, or a grant, would." in page
    assert f'href="{form.scheme}://{form.netloc}{form.path}?resource=' in page
    assert "Ask for access" in page


@pytest.mark.django_db
def test_who_may_read_decisions_is_told_which_roles_would_do() -> None:
    asset, site = an_asset(), a_site()
    user = a_member("data_owner", site=site)
    holds(user, "auditor", site=site)
    body = json.loads(refused(user.as_actor(), asset, "/api/v1/x").content)
    assert f"The role steward at {asset.site.domain} would permit it." in body["would_permit"]  # type: ignore[union-attr]
    page = refused(user.as_actor(), asset, "/catalog/").content.decode()
    assert f"The role steward at {asset.site.domain} would permit it." in page  # type: ignore[union-attr]


@pytest.mark.django_db
def test_a_partner_contact_is_told_neither_roles_nor_a_form() -> None:
    user = a_user(party="partners.partner:1")
    holds(user, "partner_contact", party="partners.partner:1")
    body = json.loads(refused(user.as_actor(), an_asset(), "/portal/api/v1/x").content)
    assert body["reason"] == "deny:no_rule"
    assert not {"access_request", "would_permit"} & body.keys()


@pytest.mark.django_db
def test_a_page_of_the_board_that_no_role_opens_says_so() -> None:
    answer = signin.proven(a_member("steward")).get("/admin/governance/job/")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "<code>deny:no_rule</code>" in page
    assert "An administrator gives roles." in page


@pytest.mark.django_db
def test_a_page_of_the_board_that_is_refused_as_a_whole_leads_to_a_request() -> None:
    system = a_system()
    operator = a_member("site_operator", site=system.site)
    client = signin.proven(operator)
    form = "/admin/governance/accessrequest/add/"
    whole = client.get("/admin/governance/governedsystem/")
    assert whole.status_code == 403
    assert f'{form}">Ask for access' in whole.content.decode()
    one = client.get(f"/admin/governance/governedsystem/{system.pk}/change/")
    assert one.status_code == 403
    (address,) = re.findall(r'href="([^"]+)">Ask for access', one.content.decode())
    asked = urlsplit(html.unescape(address))
    told = {name: values[0] for name, values in parse_qs(asked.query).items()}
    act = "governance:system:read"
    assert (asked.path, told["resource"], told["act"]) == (form, system.ref, act)
    denials.read(told["denial"], subject=operator.as_actor().ref, act=act, ref=system.ref)
    shown = client.get(f"{asked.path}?{asked.query}")
    assert shown.status_code == 200
    assert shown.context["adminform"].form.initial["system"] == str(system.pk)


@pytest.mark.django_db
def test_who_may_ask_for_nothing_is_led_to_no_form() -> None:
    client = signin.proven(a_member("auditor"))
    page = client.get("/admin/governance/accessrequest/add/").content.decode()
    assert "Ask for access" not in page
    assert "An administrator gives roles." in page
