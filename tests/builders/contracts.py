"""Data contracts for tests: one sound document per line of the standard."""

from typing import Any


def a_contract(**over: Any) -> dict[str, Any]:
    """Return the content of a sound contract of 3.1.0."""
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "c-1",
        "version": "1.0.0",
        "status": "active",
        "schema": [an_object(a_property("badge_no", classification="restricted"))],
    } | over


def an_object(*properties: dict[str, Any], **over: Any) -> dict[str, Any]:
    """Return an object of a schema."""
    return {"name": "badges", "properties": list(properties)} | over


def a_property(name: str, **over: Any) -> dict[str, Any]:
    """Return a property of an object."""
    return {"name": name, "logicalType": "string", "physicalType": "text"} | over


def an_old_contract(**over: Any) -> dict[str, Any]:
    """Return the content of a sound contract of 2.2.2."""
    return {
        "apiVersion": "v2.2.2",
        "kind": "DataContract",
        "uuid": "c-0",
        "version": "1.0.0",
        "type": "tables",
        "status": "current",
        "quantumName": "Access",
        "datasetName": "gate",
        "datasetDomain": "security",
        "stakeholders": [
            {"username": "ann", "role": "Data Owner", "dateIn": "2020-01-01"},
            {"username": "bob", "role": "Owner", "dateIn": "2019-01-01", "dateOut": "2020-01-01"},
        ],
        "slaProperties": [{"property": "latency", "value": 4, "unit": "d", "column": "tab1.at"}],
        "dataset": [
            {
                "table": "badges",
                "physicalName": "badges_1",
                "description": "Who came in.",
                "columns": [
                    {
                        "column": "badge_no",
                        "logicalType": "string",
                        "physicalType": "varchar(12)",
                        "isNullable": False,
                        "isUnique": True,
                        "isPrimaryKey": True,
                        "primaryKeyPosition": 1,
                        "classification": "restricted",
                        "criticalDataElementStatus": True,
                        "encryptedColumnName": "badge_enc",
                        "transformSourceTables": ["raw.swipes"],
                        "tags": ["uid"],
                    }
                ],
            }
        ],
    } | over
