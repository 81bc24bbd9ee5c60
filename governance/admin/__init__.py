"""The board's pages of the ground; importing them registers them."""

from governance.admin import (
    audit,
    drift,
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
    "drift",
    "jobs",
    "people",
    "policy",
    "requests",
    "sites",
    "systems",
    "verifications",
]
