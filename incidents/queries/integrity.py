"""Whether an incident's rows and files are what they were when they came in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from psycopg import Connection

from governance.models import AuditEvent
from governance.postgresql import triggers
from governance.queries import row_digests
from incidents.domain.custody import CustodyAct
from incidents.evidence.shelf import Shelf
from incidents.models import EvidenceItem, Incident

# Table -> what leads from its rows to the incident.
_TABLES = {
    "incidents_incident": "id",
    "incidents_milestoneentry": "incident_id",
    "incidents_timelineentry": "incident_id",
    "incidents_breachdecision": "incident_id",
    "incidents_noticeduty": "incident_id",
    "incidents_evidenceitem": "incident_id",
    "incidents_custodyevent": "item_id",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was: the file or row by name, and what is wrong with it."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, and what was found."""

    files: int
    rows: int
    faults: tuple[Fault, ...]


def verify(incident: Incident, shelf: Shelf, session: "Connection[tuple[Any, ...]]") -> Checked:
    """Hash every file of evidence again, and hold every row against the audit log.

    ``session`` sees one instant. A row that is gone is known from its entry in the log.
    """
    faults: list[Fault] = []
    items = list(EvidenceItem.objects.filter(incident=incident).prefetch_related("chain"))
    files = 0
    for item in items:
        if any(row.act == CustodyAct.DESTROYED for row in item.chain.all()):
            continue
        files += 1
        faults += _file(item, shelf)
    known = {table.name: table for table in triggers.governed()}
    rows = 0
    for name, column in _TABLES.items():
        table = known[name]
        objects = sorted(_objects(session, incident, name, column, table.label))
        rows += len(objects)
        for one in row_digests.failures(session, [table], objects):
            what, _, why = one.detail.partition(": ")
            faults.append(Fault(what, why))
    return Checked(files, rows, tuple(faults))


def _file(item: EvidenceItem, shelf: Shelf) -> Iterator[Fault]:
    found = shelf.hash_again(item.sha256)
    what = f"file {item.label} {item.name}"
    if found is None:
        yield Fault(what, "it is missing")
    elif found != item.sha256:
        yield Fault(what, f"it is another file: SHA-256 {found}, not {item.sha256}")


def _objects(
    session: "Connection[tuple[Any, ...]]",
    incident: Incident,
    table: str,
    column: str,
    label: str,
) -> set[str]:
    """Return the rows that are there or were, by the log and by the table itself."""
    keys = [incident.pk]
    if column == "item_id":
        keys = list(EvidenceItem.objects.filter(incident=incident).values_list("pk", flat=True))
    if not keys:
        return set()
    said = Q()
    for key in keys:
        said |= Q(body__contains=f'"{column}": {key},') | Q(body__contains=f'"{column}": {key}}}')
    told = AuditEvent.objects.filter(said, act=f"row:{table}:insert")
    query = f'SELECT id FROM "{table}" WHERE "{column}" = ANY(%s)'  # noqa: S608 - names above
    there = session.execute(query.encode(), [keys]).fetchall()
    return {*told.values_list("object", flat=True), *(f"{label}:{key}" for (key,) in there)}
