"""Roles in one incident, beside its commander: each is filled, or explicitly empty."""

from enum import StrEnum


class IncidentRole(StrEnum):
    """Who does what. The commander stands on the incident itself."""

    SCRIBE = "scribe"
    SOC = "soc_lead"
    IT = "it_lead"
    SITE_OPERATIONS = "site_operations"
    PARTNER_LIAISON = "partner_liaison"
    PRIVACY_OFFICER = "privacy_officer"
    COMMUNICATIONS = "communications"


TITLES = {
    IncidentRole.SCRIBE: "Scribe",
    IncidentRole.SOC: "SOC",
    IncidentRole.IT: "IT",
    IncidentRole.SITE_OPERATIONS: "Site operations",
    IncidentRole.PARTNER_LIAISON: "Partner liaison",
    IncidentRole.PRIVACY_OFFICER: "Privacy officer",
    IncidentRole.COMMUNICATIONS: "Communications",
}
