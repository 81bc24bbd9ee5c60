"""Entries of the audit log in the Open Cybersecurity Schema Framework (OCSF 1.3).

Classes used: Account Change 3001, Authentication 3002, Entity Management 3004, User Access
Management 3005, Group Management 3006 (category 3, Identity & Access Management), and API
Activity 6003 (category 6, Application Activity) for every other act.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

VERSION = "1.3.0"
_CLASSES = {
    3001: "Account Change",
    3002: "Authentication",
    3004: "Entity Management",
    3005: "User Access Management",
    3006: "Group Management",
    6003: "API Activity",
}
_CATEGORIES = {3: "Identity & Access Management", 6: "Application Activity"}
OTHER = (99, "Other")
_LOGON = (1, "Logon")
_ASSIGN, _REVOKE = (1, "Assign Privileges"), (2, "Revoke Privileges")
_CRUD = {"insert": (1, "Create"), "update": (3, "Update"), "delete": (4, "Delete")}
_ACTS: dict[str, tuple[int, tuple[int, str]]] = {
    "auth:session:begin": (3002, _LOGON),
    "auth:session:refuse": (3002, _LOGON),
    "governance:user:change": (3001, OTHER),
    "governance:membership:grant": (3005, _ASSIGN),
    "governance:membership:end": (3005, _REVOKE),
    "governance:grant:give": (3005, _ASSIGN),
    "governance:grant:revoke": (3005, _REVOKE),
    "governance:policy:publish": (3004, (3, "Update")),
}
_ROWS: dict[str, tuple[int, dict[str, tuple[int, str]]]] = {
    "governance_user": (3001, {"insert": (1, "Create"), "delete": (6, "Delete")}),
    "governance_membership": (3005, {"insert": _ASSIGN, "delete": _REVOKE}),
    "governance_grant": (3005, {"insert": _ASSIGN, "delete": _REVOKE}),
    "governance_role": (3006, {"insert": (6, "Create"), "delete": (5, "Delete")}),
}
_VERBS = {
    "create": 1, "declare": 1, "submit": 1, "import": 1, "propose": 1, "start": 1, "write": 1,
    "read": 2, "export": 2,
    "change": 3, "assign": 3, "decide": 3, "set": 3, "link": 3, "close": 3, "finish": 3,
    "delete": 4, "erase": 4, "retire": 4,
}  # fmt: skip
_NAMES = {1: "Create", 2: "Read", 3: "Update", 4: "Delete"}


def event(row: Mapping[str, Any], facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the entry as an OCSF event; what the schema has no place for is ``unmapped``.

    ``facts`` is what the body says, None once it is erased.
    """
    class_uid, (activity_id, activity) = classify(row["act"])
    failed = row["outcome"] == "denied" or row["act"] == "auth:session:refuse"
    user = {"uid": row["actor"], "type_id": 3 if row["actor"].startswith("service:") else 1}
    found: dict[str, Any] = {
        "metadata": {
            "version": VERSION,
            "uid": str(row["id"]),
            "correlation_uid": row["request_id"],
            "logged_time": _milliseconds(row["recorded_at"]),
            "log_name": "audit",
            "product": {"name": "Wardroom", "vendor_name": "Wardroom"},
        },
        "category_uid": class_uid // 1000,
        "category_name": _CATEGORIES[class_uid // 1000],
        "class_uid": class_uid,
        "class_name": _CLASSES[class_uid],
        "activity_id": activity_id,
        "activity_name": activity,
        "type_uid": class_uid * 100 + activity_id,
        "time": _milliseconds(row["occurred_at"]),
        "severity_id": 2 if failed else 1,
        "severity": "Low" if failed else "Informational",
        "status_id": 2 if failed else 1,
        "status": "Failure" if failed else "Success",
        "message": f"{row['actor']} {row['act']} {row['object']}",
        "actor": {"user": user},
        "unmapped": {
            "act": row["act"],
            "cause": row["cause"],
            "object": row["object"],
            "scope": row["scope"],
            "tenant": row["tenant"],
            "facts": facts,
        },
    }
    found.update(_particulars(class_uid, row, user))
    return found


def classify(act: str) -> tuple[int, tuple[int, str]]:
    """Return the class and the activity (id and name) of an act."""
    if act in _ACTS:
        return _ACTS[act]
    if act.startswith("row:"):
        _, table, change = [*act.split(":"), "", ""][:3]
        class_uid, activities = _ROWS.get(table, (3004, _CRUD))
        return class_uid, activities.get(change, OTHER)
    number = _VERBS.get(act.rpartition(":")[2], 99)
    return 6003, (number, _NAMES.get(number, "Other"))


def _particulars(class_uid: int, row: Mapping[str, Any], user: dict[str, Any]) -> dict[str, Any]:
    """Return the members that the class requires."""
    thing = {"uid": row["object"], "type": row["object"].partition(":")[0]}
    if class_uid == 3001:
        return {"user": {"uid": row["object"]}}
    if class_uid == 3002:
        return {"user": user, "is_remote": True}
    if class_uid == 3004:
        return {"entity": thing}
    if class_uid == 3005:
        return {"user": {"uid": row["object"]}, "privileges": [row["object"]], "resource": thing}
    if class_uid == 3006:
        return {"group": {"uid": row["object"]}}
    return {
        "api": {"operation": row["act"], "service": {"name": "Wardroom"}},
        "resources": [thing],
        "src_endpoint": {"name": "not recorded"},
    }


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
