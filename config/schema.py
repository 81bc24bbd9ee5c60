"""What the OpenAPI document says for several parts of the interface alike."""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from catalog.domain.assets import AssetKind
from incidents.domain.breaches import Verdict
from incidents.domain.closing import GateName
from incidents.domain.incidents import Kind, Severity
from incidents.domain.learning import ActionKind, ActionState
from incidents.domain.notice_duties import NoticeState
from incidents.domain.runbooks import VersionState
from incidents.domain.tlp import Tlp

ASSET_KINDS = [(kind.value, kind.value) for kind in AssetKind]
INCIDENT_KINDS = [(kind.value, kind.value) for kind in Kind]
INCIDENT_SEVERITIES = [(severity.value, severity.value) for severity in Severity]
BREACH_VERDICTS = [(one.value, one.value) for one in Verdict]
ACTION_KINDS = [(one.value, one.value) for one in ActionKind]
ACTION_STATES = [(one.value, one.value) for one in ActionState]
GATES = [(one.value, one.value) for one in GateName]
RUNBOOK_STATES = [(one.value, one.value) for one in VersionState]
TLP = [(one.value, one.value) for one in Tlp]
NOTICE_STATES = [(one.value, one.value) for one in NoticeState]


class SignedInScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """Our way to sign in is the framework's cookie; only the refusal is another."""

    target_class = "config.sessions.SessionSignIn"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A key of ours, or a token (JWT) of an issuer that we trust."""

    target_class = "governance.api.callers.BearerSignIn"
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class KeyScheme(BearerScheme):  # type: ignore[no-untyped-call]
    """The same, beside signing in."""

    target_class = "governance.api.callers.KeySignIn"
    name = "bearerOrSession"


class PortalKeyScheme(BearerScheme):  # type: ignore[no-untyped-call]
    """A key that a partner's contact had issued."""

    target_class = "partners.api.keys.PortalKeySignIn"
    name = "portalKey"


MUTATING = ("post", "put", "patch", "delete")
RECEIPTS = {
    "Audit-Event": {
        "description": (
            "The entries of the audit log that this wrote, as `<id>; leaf=<SHA-256, hexadecimal>`, "
            "separated by commas. The proof of each is at `audit/receipts/{id}`."
        ),
        "schema": {"type": "string"},
        "example": "4711; leaf=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
    "Audit-Events-Omitted": {
        "description": "How many more it wrote than the header holds.",
        "schema": {"type": "integer"},
    },
}


def tell_receipts(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Document the header that every answer to a change carries; asking for a decision is none."""
    for path, operations in result["paths"].items():
        if path.startswith("/access/"):
            continue
        for method in MUTATING:
            for status, response in operations.get(method, {}).get("responses", {}).items():
                if status.startswith("2"):
                    response.setdefault("headers", {}).update(RECEIPTS)
    return result
