"""Names for enumerations that several parts of the interface call alike."""

from catalog.domain.assets import AssetKind
from incidents.domain.incidents import Kind, Severity

ASSET_KINDS = [(kind.value, kind.value) for kind in AssetKind]
INCIDENT_KINDS = [(kind.value, kind.value) for kind in Kind]
INCIDENT_SEVERITIES = [(severity.value, severity.value) for severity in Severity]
