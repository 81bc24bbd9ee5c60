"""Partners, products, documents, feeds and findings for tests."""

import json
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from allauth.mfa.models import Authenticator
from django.test import Client

from governance import box
from governance.domain.actor import Actor
from governance.models import User
from partners.domain.components import parse_purl
from partners.models import (
    Answer,
    ComponentVersion,
    Finding,
    Intake,
    Partner,
    PatchPolicy,
    Product,
    Sbom,
    Vulnerability,
    Waiver,
)
from tests.builders.governance import NOW, a_site, a_user, holds

_number = count(1)


def a_partner(**over: Any) -> Partner:
    number = next(_number)
    fields = {
        "slug": f"partner-{number}",
        "name": f"Partner {number}",
        "tier": "normal",
        "tier_reason": "software on our assets",
        "created_at": NOW,
    }
    row = Partner(**{**fields, **over})
    row.party = over.get("party", row.ref)
    row.save(force_insert=True)
    return row


def a_product(**over: Any) -> Product:
    number = next(_number)
    partner = over.pop("partner", None) or a_partner()
    site = over.pop("site", None) or a_site()
    fields = {"slug": f"product-{number}", "name": f"Product {number}", "created_at": NOW}
    return Product.objects.create(partner=partner, site=site, **{**fields, **over})


def a_contact(partner: Partner, **over: Any) -> User:
    """Return a new contact of ``partner``, holding the one role of outsiders."""
    user = a_user(party=partner.party, **over)
    holds(user, "partner_contact", party=partner.party)
    return user


def a_component(purl: str = "pkg:pypi/requests@2.28.2", **over: Any) -> ComponentVersion:
    identity = parse_purl(purl)
    package, unmatchable = identity.lookup
    fields = {
        **identity._asdict(),
        "digest": identity.digest(),
        "ecosystem": identity.ecosystem,
        "package": package,
        "unmatchable": unmatchable,
    }
    return ComponentVersion.objects.create(**{**fields, **over})


def a_vulnerability(**over: Any) -> Vulnerability:
    fields = {"name": f"CVE-2024-{next(_number):05}", "band": "critical", "score": 9.8}
    return Vulnerability.objects.create(**{**fields, **over})


def a_finding(**over: Any) -> Finding:
    """Return an open critical finding, due in 14 days from NOW unless said otherwise."""
    product = over.pop("product", None) or a_product()
    component = over.pop("component", None) or a_component(f"pkg:pypi/part-{next(_number)}@1.0")
    vulnerability = over.pop("vulnerability", None) or a_vulnerability()
    fields = {
        "product": product,
        "component": component,
        "vulnerability": vulnerability,
        "band": "critical",
        "score": 9.8,
        "opened_at": NOW,
        "anchor": "first_seen",
        "anchor_at": NOW,
        "due_at": datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC),
        "due_rule": "base_critical",
        "term_days": 14,
        "why": "Rated critical: 14 days from 2026-11-17.",
        "policy_version": 1,
    }
    return Finding.objects.create(**{**fields, **over})


def a_waiver(**over: Any) -> Waiver:
    """Return a waiver that was asked for and not decided."""
    product = over.pop("product", None) or a_product()
    fields = {
        "product": product,
        "reason": "The line stops in August only.",
        "owner": "Mika",
        "asked_by": "governance.user:1",
        "asked_at": NOW,
        "until": NOW + timedelta(days=30),
    }
    return Waiver.objects.create(**{**fields, **over})


def an_answer(**over: Any) -> Answer:
    """Return a claim of not affected that nobody has reviewed."""
    finding = over.pop("finding", None) or a_finding()
    fields = {
        "product": finding.product,
        "name": finding.vulnerability.name,
        "vulnerability": finding.vulnerability,
        "component": finding.component,
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
        "author": "Supplier",
        "stated_at": NOW,
        "received_at": NOW,
    }
    return Answer.objects.create(**{**fields, **over})


def a_patch_policy(**over: Any) -> PatchPolicy:
    fields = {
        "version": 2,
        "critical_days": 7,
        "reason": "The board wants it sooner.",
        "decided_by": "service:operator",
        "decided_at": NOW,
    }
    return PatchPolicy.objects.create(**{**fields, **over})


def an_sbom(**over: Any) -> Sbom:
    product = over.pop("product", None) or a_product()
    fields = {
        "product": product,
        "sha256": f"{next(_number):064}",
        "format": "cyclonedx-json",
        "spec_version": "1.6",
        "version": 1,
        "received_at": NOW,
        "received": 0,
        "stored": 0,
        "quarantined": 0,
        "merged": 0,
    }
    return Sbom.objects.create(**{**fields, **over})


def an_intake(**over: Any) -> Intake:
    product = over.pop("product", None) or a_product()
    fields = {
        "product": product,
        "sha256": f"{next(_number):064}",
        "size": 10,
        "file": "product.cdx.json",
        "received_at": NOW,
        "received_by": "service:operator",
    }
    return Intake.objects.create(**{**fields, **over})


def a_document(
    purls: Iterable[str], *, serial: UUID | None = None, version: int = 1, **over: Any
) -> bytes:
    """Return a CycloneDX document of ``purls``."""
    components = []
    for purl in purls:
        path, _, version_text = purl.rpartition("@")
        components.append(
            {
                "type": "library",
                "name": path.rpartition("/")[2],
                "version": version_text,
                "purl": purl,
            }
        )
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{serial or uuid4()}",
            "version": version,
            "components": components,
            **over,
        }
    ).encode()


def a_record(name: str = "GHSA-aaaa-bbbb-cccc", **over: Any) -> dict[str, Any]:
    """Return an OSV record: requests before 2.31.0, critical."""
    package = over.pop("package", "requests")
    fixed = over.pop("fixed", "2.31.0")
    score = over.pop("vector", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
    fields = {
        "id": name,
        "modified": "2026-11-01T00:00:00Z",
        "published": "2026-10-01T00:00:00Z",
        "summary": f"Fault in {package}",
        "aliases": [],
        "severity": [{"type": "CVSS_V3", "score": score}] if score else [],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": package},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
                ],
            }
        ],
    }
    return {**fields, **over}


def write(path: Path, body: bytes | Sequence[dict[str, Any]]) -> Path:
    """Write a document, or records as one OSV file."""
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    return path


def as_actor(user: User) -> Actor:
    return user.as_actor(has_mfa=True)


def sign_in(client: Client, user: User) -> Client:
    """Sign ``user`` in with both factors proven."""
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": box.seal("A" * 32)}
    )
    client.force_login(user)
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "email": user.email},
        {"method": "mfa", "at": time.time(), "type": "totp"},
    ]
    session.save()
    return client
