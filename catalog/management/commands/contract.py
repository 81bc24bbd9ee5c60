"""``manage.py contract check FILE``: is a data contract what the standard says?"""

from argparse import ArgumentParser
from typing import Any

from catalog.contracts import reader
from catalog.contracts.contract import Contract, Property, State
from catalog.documents.faults import Bounds
from catalog.management.documents import WRONG, CheckingCommand, told

_VERDICTS = {
    State.ACCEPTED: "sound",
    State.DRAFT: "readable, but no more than a draft",
    State.REFUSED: "refused",
}


class Command(CheckingCommand):
    help = (
        "Check data contracts (ODCS 2.2.x, 3.0.x, 3.1.0). Exit code 0: sound; 1: a draft at best,"
        " or refused; 2: wrong usage, or the file cannot be read."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        check = self.verb(verbs, "check", "Judge a file by the schema of the version it declares.")
        check.add_argument("file", help="YAML or JSON; - for standard input")

    def act(self, **options: Any) -> dict[str, Any]:
        bounds = Bounds()
        name = str(options["file"])
        found = reader.read(self.body(name, limit=bounds.size), bounds=bounds)
        self.code = 0 if found.state is State.ACCEPTED else WRONG
        contract = found.contract
        about = f", {contract.api_version}" if contract else ""
        self.say(f"{name}: {_VERDICTS[found.state]}{about}")
        if contract:
            self.say(f"  {_summary(contract)}")
        self.tell("faults", found.faults, found.fault_count)
        self.tell("warnings", found.warnings, found.warning_count)
        return {
            "file": name,
            "state": str(found.state),
            "is_valid": found.is_valid,
            "api_version": contract.api_version if contract else None,
            "id": contract.id if contract else None,
            "version": contract.version if contract else None,
            "content_hash": contract.content_hash if contract else None,
            "objects": len(contract.objects) if contract else 0,
            "faults": told(found.faults),
            "fault_count": found.fault_count,
            "warnings": told(found.warnings),
            "warning_count": found.warning_count,
            "exit_code": self.code,
        }


def _summary(contract: Contract) -> str:
    every = [one for held in contract.objects for one in _all(held.properties)]
    classified = sum(bool(one.classification) for one in every)
    owners = ", ".join(contract.owners) or "no owner"
    return (
        f"{contract.id} {contract.version}: objects {len(contract.objects)},"
        f" properties {len(every)}, classified {classified}, {owners}"
    )


def _all(properties: tuple[Property, ...]) -> list[Property]:
    return [one for held in properties for one in (held, *_all(held.properties))]
