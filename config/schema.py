"""What the OpenAPI document says for several parts of the interface alike."""

from drf_spectacular.authentication import SessionScheme

from catalog.domain.assets import AssetKind
from incidents.domain.incidents import Kind, Severity

ASSET_KINDS = [(kind.value, kind.value) for kind in AssetKind]
INCIDENT_KINDS = [(kind.value, kind.value) for kind in Kind]
INCIDENT_SEVERITIES = [(severity.value, severity.value) for severity in Severity]


class SignedInScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """Our way to sign in is the framework's cookie; only the refusal is another."""

    target_class = "config.sessions.SessionSignIn"
