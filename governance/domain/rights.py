"""The words for rights that a kind of system has, whether or not somebody holds them there."""

from collections.abc import Mapping

POSTGRESQL = frozenset(
    {
        *("select", "insert", "update", "delete", "truncate", "references", "trigger", "maintain"),
        *("usage", "create", "connect", "temporary", "execute", "set", "alter system"),
        *("owner", "member", "admin"),
        *("superuser", "createrole", "createdb", "replication", "bypassrls"),
    }
)
"""Privileges of PostgreSQL 18 (5.8, table 5.1), memberships and attributes of roles, in the
vocabulary of its connector."""
OF_KIND: Mapping[str, frozenset[str]] = {"postgresql": POSTGRESQL}
"""Kind of system -> all rights that it knows; others show theirs when looked into."""

MEANT: Mapping[str, tuple[str, ...]] = {
    "read": ("select",),
    "view": ("select",),
    "write": ("insert", "update"),
    "change": ("update",),
    "edit": ("update",),
    "remove": ("delete",),
}
"""What people say -> what the field calls it."""


def usual(scope: str) -> str:
    """Return the right that is asked for most on what ``scope`` names; empty for no place."""
    kind, colon, _ = scope.partition(":")
    if colon:
        return {"schema": "usage", "database": "connect", "role": "member"}.get(kind, "")
    return "select" if scope else ""
