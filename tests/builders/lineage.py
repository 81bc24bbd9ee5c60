"""OpenLineage events for tests."""

from typing import Any

PRODUCER = "https://plant.example/etl"
CORE = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"


def a_facet(**members: Any) -> dict[str, Any]:
    """Return a facet with the members that every facet needs."""
    return {"_producer": PRODUCER, "_schemaURL": CORE + "BaseFacet", **members}


def a_dataset(
    name: str, *, namespace: str = "postgres://plant:5432", **facets: Any
) -> dict[str, Any]:
    """Return a dataset with ``facets``."""
    return {"namespace": namespace, "name": name, "facets": facets}


def an_event(
    *,
    at: str = "2026-01-01T00:00:00Z",
    job: str = "load",
    inputs: tuple[dict[str, Any], ...] = (),
    outputs: tuple[dict[str, Any], ...] = (),
    **over: Any,
) -> dict[str, Any]:
    """Return a run event."""
    return {
        "eventTime": at,
        "eventType": "COMPLETE",
        "producer": PRODUCER,
        "schemaURL": CORE + "RunEvent",
        "run": {"runId": "0192f5c1-6f3e-7c3e-9d5a-1f0e6a7b8c9d"},
        "job": {"namespace": "etl", "name": job},
        "inputs": list(inputs),
        "outputs": list(outputs),
    } | over


def columns(*names: str) -> dict[str, Any]:
    """Return a schema facet."""
    return a_facet(fields=[{"name": name, "type": "text"} for name in names])


def from_columns(
    target: str, *sources: tuple[str, str], namespace: str = "postgres://plant:5432", **how: Any
) -> dict[str, Any]:
    """Return a columnLineage facet of one output field, made of (dataset, field) each."""
    told = {"transformations": [{"type": "DIRECT", **how}]} if how else {}
    return a_facet(
        fields={
            target: {
                "inputFields": [
                    {"namespace": namespace, "name": name, "field": field, **told}
                    for name, field in sources
                ]
            }
        }
    )
