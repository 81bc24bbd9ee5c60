"""What stands around the portal: keys, requests, webhooks, and the register behind it."""

from datetime import timedelta
from itertools import count
from typing import Any

from partners.models import (
    Contact,
    PartnerFacts,
    PortalKey,
    SbomRequest,
    SubSupplier,
    TierOverride,
    Webhook,
    WebhookMessage,
)
from tests.builders.governance import NOW
from tests.builders.partners import a_contact, a_partner, a_product

_number = count(1)
BY = "service:builder"


def a_portal_key(**over: Any) -> PortalKey:
    partner = over.pop("partner", None) or a_partner()
    user = over.pop("user", None) or a_contact(partner)
    fields = {
        "name": "pipeline",
        "digest": f"{next(_number):064}",
        "hint": "abcd",
        "scopes": ["read"],
        "created_at": NOW,
        "valid_to": NOW + timedelta(days=90),
    }
    return PortalKey.objects.create(partner=partner, user=user, **{**fields, **over})


def an_sbom_request(**over: Any) -> SbomRequest:
    product = over.pop("product", None) or a_product()
    fields = {
        "reason": "We need it.",
        "asked_at": NOW,
        "asked_by": BY,
        "due_at": NOW + timedelta(days=14),
    }
    return SbomRequest.objects.create(product=product, **{**fields, **over})


def a_webhook(**over: Any) -> Webhook:
    partner = over.pop("partner", None) or a_partner()
    fields = {
        "url": "https://hooks.example.org/",
        "secret": "sealed",
        "kinds": ["sbom.accepted"],
        "created_at": NOW,
        "created_by": BY,
    }
    return Webhook.objects.create(partner=partner, **{**fields, **over})


def a_message(**over: Any) -> WebhookMessage:
    webhook = over.pop("webhook", None) or a_webhook()
    fields = {"key": "k", "kind": "sbom.accepted", "body": "{}", "created_at": NOW}
    return WebhookMessage.objects.create(webhook=webhook, **{**fields, **over})


def a_noted_contact(**over: Any) -> Contact:
    partner = over.pop("partner", None) or a_partner()
    fields = {"role": "security", "name": "Mia", "email": "mia@example.org", "created_at": NOW}
    return Contact.objects.create(partner=partner, **{**fields, **over})


def some_facts(**over: Any) -> PartnerFacts:
    partner = over.pop("partner", None) or a_partner()
    fields = {"stated_at": NOW, "stated_by": BY}
    return PartnerFacts.objects.create(partner=partner, **{**fields, **over})


def an_override(**over: Any) -> TierOverride:
    partner = over.pop("partner", None) or a_partner()
    fields = {
        "tier": "low",
        "reason": "It is being replaced.",
        "set_by": BY,
        "valid_from": NOW,
        "valid_to": NOW + timedelta(days=30),
    }
    return TierOverride.objects.create(partner=partner, **{**fields, **over})


def a_sub_supplier(**over: Any) -> SubSupplier:
    partner = over.pop("partner", None) or a_partner()
    fields = {"name": "Chipworks", "supplies": "chips", "stated_at": NOW, "stated_by": BY}
    return SubSupplier.objects.create(partner=partner, **{**fields, **over})
