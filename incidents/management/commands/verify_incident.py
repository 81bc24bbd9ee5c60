"""``manage.py verify_incident``: every file hashed again, every row held against the log."""

from argparse import ArgumentParser
from typing import Any

from governance.access import require
from governance.actions import verifying
from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from incidents.actions import collecting
from incidents.domain.incidents import Reference
from incidents.models import Incident
from incidents.permissions import Act
from incidents.queries import integrity


class Command(OperatorCommand):
    help = (
        "Hash the evidence of an incident again and hold its rows against the audit log. "
        "Exit code 1: something is not as it was, named by file or row."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="as in INC-2026-0042")

    def act(self, **options: Any) -> dict[str, Any]:
        try:
            wanted = Reference.parse(str(options["reference"]))
        except ValueError as error:
            raise BadInput(str(error)) from error
        incident = Incident.objects.filter(year=wanted.year, number=wanted.number).first()
        if incident is None:
            raise NotFound(f"there is no {wanted}")
        require(self.by, Act.INCIDENT_READ, incident, at=self.at)
        with verifying.reading() as session:
            checked = integrity.verify(incident, collecting.shelf(), session)
        for fault in checked.faults:
            self.say(f"{fault.what}: {fault.why}")
        said = "nothing was altered" if not checked.faults else f"{len(checked.faults)} altered"
        self.say(f"{wanted}: {checked.files} files and {checked.rows} rows checked, {said}")
        self.exit_code = 1 if checked.faults else 0
        return {
            "reference": str(wanted),
            "files": checked.files,
            "rows": checked.rows,
            "faults": [{"what": one.what, "why": one.why} for one in checked.faults],
        }
