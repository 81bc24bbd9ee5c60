"""The board's pages of the ground; importing them registers them."""

from governance.admin import (
    audit,
    backups,
    drift,
    enforcement_points,
    jobs,
    people,
    policy,
    requests,
    sites,
    systems,
    verifications,
)

__all__ = [
    "audit",
    "backups",
    "drift",
    "enforcement_points",
    "jobs",
    "people",
    "policy",
    "requests",
    "sites",
    "systems",
    "verifications",
]
