"""Contracts on the board: handed over as a file, shown with pointers, put in force."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Contract
from tests.builders.contracts import a_contract
from tests.builders.governance import a_member, the_enterprise
from tests.builders.signin import proven

pytestmark = pytest.mark.django_db
URL = "/admin/catalog/contract/"


def hand_over(client: Client, body: bytes) -> Any:
    file = SimpleUploadedFile("badges.odcs.yaml", body)
    return client.post(f"{URL}add/", {"site": the_enterprise().pk, "document": file})


def test_a_contract_is_handed_over_and_shown_with_pointers() -> None:
    client = proven(a_member("data_owner"))
    answer = hand_over(client, json.dumps(a_contract(team="nobody")).encode())
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    contract = Contract.objects.get()
    assert contract.imported_by.startswith("user:")
    page = client.get(f"{URL}{contract.pk}/change/").content.decode()
    assert "fault /team" in page
    assert "/schema/0/properties/0 badge_no: no asset" in page
    assert "c-1" in client.get(URL).content.decode()
    chosen = {"action": "activate", "_selected_action": contract.pk, "reason": "reviewed"}
    told = client.post(URL, chosen, follow=True).content.decode()
    assert "no owner in its team" in told
    contract.refresh_from_db()
    assert contract.state == "draft"


def test_what_is_no_contract_is_refused() -> None:
    client = proven(a_member("data_owner"))
    answer = hand_over(client, b"- a list")
    assert answer.status_code < 500
    assert not Contract.objects.exists()
    assert hand_over(proven(a_member("auditor")), b"{}").status_code == 403
