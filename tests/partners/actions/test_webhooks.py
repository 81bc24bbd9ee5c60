"""Webhooks: told once, signed, tried again, disabled when nobody answers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from governance import box
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict, NotAllowed
from governance.models import AuditEvent, Job, Notice, User
from partners.actions import sbom_requests, telling, webhooks
from partners.domain import webhooks as domain
from partners.models import Finding, Partner, Product, Webhook, WebhookMessage
from tests.builders.governance import NOW
from tests.builders.partners import a_contact, a_finding, a_product, as_actor
from tests.builders.receiver import Receiver, a_receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(tmp_path: Path, settings: Settings) -> Iterator[Receiver]:
    with a_receiver(tmp_path) as running:
        settings.WEBHOOK_ALLOWED = [running.place]
        settings.WEBHOOK_AUTHORITY = running.authority
        yield running


@pytest.fixture
def product() -> Product:
    return a_product(slug="gateway")


@pytest.fixture
def contact(product: Product) -> User:
    return a_contact(product.partner)


def register(receiver: Receiver, partner: Partner, user: User, *kinds: str) -> tuple[Webhook, str]:
    return webhooks.register(
        partner=partner, url=receiver.url, kinds=kinds or domain.KINDS, by=as_actor(user), at=NOW
    )


def try_all(by: Actor, at: datetime = NOW) -> list[bool]:
    return [
        telling.send(message, by=by, at=at)
        for message in WebhookMessage.objects.select_related("webhook__partner").order_by("pk")
    ]


def test_a_message_arrives_signed(
    receiver: Receiver, product: Product, contact: User, operator: Actor
) -> None:
    hook, secret = register(receiver, product.partner, contact)
    request = sbom_requests.ask(product=product, reason="new", days=7, by=operator, at=NOW)
    assert try_all(operator) == [True]
    ((headers, body),) = receiver.heard
    told = json.loads(body)
    assert (told["type"], told["data"]["request"]) == ("request.created", str(request.pk))
    sent_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), tz=UTC)
    expected = domain.sign(secret, id=headers["webhook-id"], at=sent_at, body=body)
    assert headers["webhook-signature"] == expected
    message = WebhookMessage.objects.get()
    assert (str(message.pk), message.delivered_at) == (headers["webhook-id"], NOW)
    assert try_all(operator) == [False]
    assert len(receiver.heard) == 1
    hook.refresh_from_db()
    assert secret not in hook.secret
    assert box.unseal(hook.secret) == secret
    assert not AuditEvent.objects.filter(body__contains=hook.secret).exists()


def test_findings_are_told_once_each(
    receiver: Receiver, product: Product, contact: User, operator: Actor
) -> None:
    register(receiver, product.partner, contact)
    finding = a_finding(product=product, due_at=NOW + timedelta(days=2))
    a_finding()
    assert telling.look(by=operator, at=NOW) == 2
    assert telling.look(by=operator, at=NOW) == 0
    late = NOW + timedelta(days=3)
    Finding.objects.filter(pk=finding.pk).update(breached_at=finding.due_at)
    assert telling.look(by=operator, at=late) == 1
    kinds = set(WebhookMessage.objects.values_list("kind", flat=True))
    assert kinds == {"finding.opened", "finding.due_soon", "finding.breached"}
    jobs = Job.objects.filter(kind="webhook")
    assert jobs.count() == 3
    assert set(jobs.values_list("actor", flat=True)) == {operator.ref}


def test_a_webhook_hears_what_it_wants_and_nothing_of_others(
    receiver: Receiver, product: Product, contact: User, operator: Actor
) -> None:
    register(receiver, product.partner, contact, "finding.opened")
    sbom_requests.ask(product=product, reason="new", days=7, by=operator, at=NOW)
    other = a_product()
    sbom_requests.ask(product=other, reason="new", days=7, by=operator, at=NOW)
    assert not WebhookMessage.objects.exists()


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_is_not_taken_is_tried_again_later(
    receiver: Receiver, product: Product, contact: User, operator: Actor, status: int
) -> None:
    register(receiver, product.partner, contact)
    sbom_requests.ask(product=product, reason="new", days=7, by=operator, at=NOW)
    receiver.status = status
    assert try_all(operator) == [False]
    message, hook = WebhookMessage.objects.get(), Webhook.objects.get()
    assert (message.attempts, message.answer[:3]) == (1, str(status))
    assert hook.failing_since == NOW
    assert len(receiver.heard) == 1, "a redirect is not followed"
    job = Job.objects.get(key=f"webhook:{message.pk}:1")
    assert timedelta(seconds=4) <= job.due_at - NOW <= timedelta(seconds=6)
    receiver.status = 200
    assert try_all(operator, NOW + timedelta(seconds=6)) == [True]
    hook.refresh_from_db()
    assert hook.failing_since is None
    first, second = (headers["webhook-id"] for headers, _ in receiver.heard)
    assert first == second


def test_a_slow_receiver_is_left(
    receiver: Receiver, product: Product, contact: User, operator: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("governance.calling.caller.SECONDS", 0.3)
    register(receiver, product.partner, contact)
    sbom_requests.ask(product=product, reason="new", days=7, by=operator, at=NOW)
    receiver.seconds = 5
    assert try_all(operator) == [False]
    assert "no whole answer" in WebhookMessage.objects.get().answer


def test_after_five_days_without_an_answer_it_is_disabled_and_people_hear(
    receiver: Receiver, product: Product, contact: User, operator: Actor
) -> None:
    register(receiver, product.partner, contact)
    sbom_requests.ask(product=product, reason="new", days=7, by=operator, at=NOW)
    receiver.status = 500
    try_all(operator)
    almost = NOW + domain.DISABLE_AFTER - timedelta(seconds=1)
    try_all(operator, almost)
    assert Webhook.objects.get().disabled_at is None
    try_all(operator, NOW + domain.DISABLE_AFTER)
    hook = Webhook.objects.get()
    assert hook.disabled_at == NOW + domain.DISABLE_AFTER
    assert "since 2026-11-17" in hook.disabled_why
    assert Notice.objects.get(key__startswith="webhook_disabled:").user == contact
    assert try_all(operator, NOW + timedelta(days=6)) == [False]
    assert telling.look(by=operator, at=NOW + timedelta(days=6)) == 0


def test_a_certificate_of_another_is_not_trusted(
    receiver: Receiver, product: Product, contact: User, operator: Actor, settings: Settings
) -> None:
    settings.WEBHOOK_AUTHORITY = ""
    register(receiver, product.partner, contact)
    sbom_requests.ask(product=product, reason="new", days=7, by=operator, at=NOW)
    assert try_all(operator) == [False]
    assert receiver.heard == []
    assert "certificate" in WebhookMessage.objects.get().answer.lower()


def test_registering_is_bounded(product: Product, contact: User, operator: Actor) -> None:
    def add(url: str = "https://example.org/", by: Actor | None = None) -> None:
        webhooks.register(
            partner=product.partner, url=url, kinds=["sbom.accepted"],
            by=by or as_actor(contact), at=NOW,
        )  # fmt: skip

    with pytest.raises(BadInput):
        add("https://10.0.0.1/")
    with pytest.raises(NotAllowed):
        add(by=as_actor(a_contact(a_product().partner)))
    for _ in range(webhooks.MOST):
        add()
    with pytest.raises(Conflict):
        add()


def test_after_a_rotation_both_secrets_sign_for_a_week(
    receiver: Receiver, product: Product, contact: User, operator: Actor
) -> None:
    hook, first = register(receiver, product.partner, contact)
    second = webhooks.rotate(hook, by=as_actor(contact), at=NOW)
    sbom_requests.ask(product=product, reason="new", days=7, by=operator, at=NOW)
    assert try_all(operator) == [True]
    later = NOW + domain.OVERLAP
    another = a_product(partner=product.partner)
    sbom_requests.ask(product=another, reason="newer", days=7, by=operator, at=later)
    assert sorted(try_all(operator, later)) == [False, True]
    for (headers, body), live in zip(receiver.heard, ([second, first], [second]), strict=True):
        sent_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), tz=UTC)
        expected = [
            domain.sign(secret, id=headers["webhook-id"], at=sent_at, body=body) for secret in live
        ]
        assert headers["webhook-signature"].split(" ") == expected
    hook.refresh_from_db()
    assert not AuditEvent.objects.filter(body__contains=hook.previous_secret).exists()
    with pytest.raises(NotAllowed):
        webhooks.rotate(hook, by=as_actor(a_contact(a_product().partner)), at=NOW)
