"""The board's pages of the ground; importing them registers them."""

from governance.admin import (
    absences,
    audit,
    backups,
    break_glass,
    drift,
    enforcement_points,
    grants,
    jobs,
    people,
    policy,
    requests,
    reviewed_access,
    reviews,
    sites,
    systems,
    verifications,
)

__all__ = [
    "absences",
    "audit",
    "backups",
    "break_glass",
    "drift",
    "enforcement_points",
    "grants",
    "jobs",
    "people",
    "policy",
    "requests",
    "reviewed_access",
    "reviews",
    "sites",
    "systems",
    "verifications",
]
