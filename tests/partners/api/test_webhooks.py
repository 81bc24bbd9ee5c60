"""Webhooks over the interface: a key with the scope changes them, secrets are shown once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from governance import box
from partners.domain import portal as tokens
from partners.models import Partner, PortalKey, Webhook, WebhookMessage
from tests.builders.partners import a_contact, a_partner, sign_in
from tests.builders.portal import a_message, a_webhook

pytestmark = pytest.mark.django_db
ADDRESS = "/portal/api/v1/webhooks/"
FORM = {"url": "https://hooks.example.org/in", "kinds": ["sbom.accepted"]}


@pytest.fixture
def partner() -> Partner:
    return a_partner()


def a_key(partner: Partner, *scopes: str) -> Client:
    text = tokens.new_token(tokens.KEY_PREFIX)
    at = timezone.now()
    PortalKey.objects.create(
        partner=partner, user=a_contact(partner), name="pipeline", hint=text[-4:],
        digest=tokens.digest(text), scopes=list(scopes), created_at=at,
        valid_to=at + timedelta(days=1),
    )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def client(partner: Partner) -> Client:
    return a_key(partner, "read", "webhooks")


def post(client: Client, path: str, body: object = None):
    return client.post(path, body, "application/json")


def test_a_webhook_is_registered_told_once_its_secret_and_listed(client: Client) -> None:
    answer = post(client, ADDRESS, FORM)
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    row = answer.json()
    assert row["secret"].startswith("whsec_")
    assert box.unseal(Webhook.objects.get().secret) == row["secret"]
    (listed,) = client.get(ADDRESS).json()["results"]
    assert "secret" not in listed
    assert client.get(answer["Location"]).json() == listed


def test_a_rotation_keeps_the_secret_before_for_a_week(client: Client) -> None:
    first = post(client, ADDRESS, FORM).json()
    second = post(client, f"{ADDRESS}{first['id']}/rotate/").json()
    assert second["secret"] != first["secret"]
    row = Webhook.objects.get()
    assert box.unseal(row.secret) == second["secret"]
    assert box.unseal(row.previous_secret) == first["secret"]
    assert row.previous_until is not None
    assert row.previous_until - timezone.now() > timedelta(days=6)


def test_a_test_message_is_written_and_listed_five_times_an_hour(client: Client) -> None:
    place = f"{ADDRESS}{post(client, ADDRESS, FORM).json()['id']}/"
    for _ in range(5):
        assert post(client, f"{place}test/").status_code == 202
    answer = post(client, f"{place}test/")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_tests")
    listed = client.get(f"{place}deliveries/").json()["results"]
    assert [one["kind"] for one in listed] == ["webhook.test"] * 5
    assert WebhookMessage.objects.filter(delivered_at=None, attempts=0).count() == 5


def test_a_disabled_one_stays_listed_and_does_nothing_more(client: Client) -> None:
    place = f"{ADDRESS}{post(client, ADDRESS, FORM).json()['id']}/"
    assert client.delete(place).json()["disabled_at"]
    for path in (f"{place}rotate/", f"{place}test/"):
        assert post(client, path).status_code == 409
    assert client.delete(place).status_code == 409
    assert len(client.get(ADDRESS).json()["results"]) == 1


@pytest.mark.parametrize(
    "over", [{"url": "http://a.example/"}, {"url": "https://127.0.0.1/"}, {"kinds": ["all"]}]
)
def test_bad_addresses_and_kinds_are_refused(client: Client, over: dict[str, object]) -> None:
    assert post(client, ADDRESS, {**FORM, **over}).status_code == 400
    assert not Webhook.objects.exists()


def test_only_a_key_with_the_scope_changes_webhooks(partner: Partner) -> None:
    row = a_webhook(partner=partner)
    readers = (a_key(partner, "read"), sign_in(Client(), a_contact(partner)))
    for client in readers:
        assert client.get(f"{ADDRESS}{row.pk}/").status_code == 200
        for answer in (
            post(client, ADDRESS, FORM),
            post(client, f"{ADDRESS}{row.pk}/rotate/"),
            post(client, f"{ADDRESS}{row.pk}/test/"),
            client.delete(f"{ADDRESS}{row.pk}/"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert list(Webhook.objects.values_list("disabled_at", flat=True)) == [None]


def test_another_partners_webhook_is_not_there(client: Client) -> None:
    message = a_message()
    place = f"{ADDRESS}{message.webhook_id}/"
    for answer in (
        client.get(place),
        client.get(f"{place}deliveries/"),
        post(client, f"{place}rotate/"),
        post(client, f"{place}test/"),
        client.delete(place),
    ):
        assert answer.status_code == 404
