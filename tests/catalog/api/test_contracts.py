"""``/api/v1/contracts/``: listed, shown with findings and bindings, and handed out."""

import json
from typing import Any

import pytest

from catalog.actions import contracting
from catalog.models import Contract
from governance.domain import actor as actors
from tests.builders.catalog import NOW
from tests.builders.contracts import a_contract
from tests.builders.governance import a_member, a_site
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db
URL = "/api/v1/contracts/"


def kept(**over: Any) -> Contract:
    site = over.pop("site", None) or a_site()
    sent = json.dumps(a_contract(**over), indent=3).encode()
    return contracting.take(sent, site=site, by=actors.service("operator"), at=NOW).contract


def test_a_contract_is_shown_with_findings_and_bindings() -> None:
    contract = kept(status="active", odd=7)
    client = proven(a_member("auditor"))
    told = client.get(f"{URL}{contract.pk}/").json()
    assert (told["contract_id"], told["state"], told["is_valid"]) == ("c-1", "draft", False)
    assert [one["pointer"] for one in told["faults"]] == [""]
    assert [one["pointer"] for one in told["bindings"]] == ["/schema/0", "/schema/0/properties/0"]
    assert client.get(URL, {"state": "draft"}).json()["results"][0]["id"] == contract.pk
    assert client.get(URL, {"state": "active"}).json()["results"] == []


def test_the_document_comes_back_byte_for_byte() -> None:
    contract = kept()
    client = proven(a_member("auditor"))
    answer = client.get(f"{URL}{contract.pk}/document/")
    assert answer.content == json.dumps(a_contract(), indent=3).encode()
    assert answer["Content-Disposition"].endswith('.odcs.json"')
    newest = client.get(f"{URL}{contract.pk}/document/", {"newest": "true"})
    assert newest.content.startswith(b"apiVersion:")


def test_a_contract_of_another_site_is_none() -> None:
    contract = kept()
    client = proven(a_member("steward", site=a_site()))
    assert client.get(f"{URL}{contract.pk}/").status_code == 404
    assert client.get(f"{URL}{contract.pk}/document/").status_code == 404
    assert client.get(URL).json()["results"] == []
