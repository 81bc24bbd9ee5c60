"""``manage.py contract check|import|export``: data contracts, judged, kept, and out again."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from catalog.actions import contracting
from catalog.contracts import reader
from catalog.contracts.contract import Contract, Property, State
from catalog.contracts.writer import NotConvertible
from catalog.documents.faults import MAX_LISTED, Bounds
from catalog.management.documents import WRONG, CheckingCommand, site_called, told
from catalog.models import Contract as Kept
from catalog.queries.contracts import exported
from governance.errors import BadInput, NotFound

_VERDICTS = {
    State.ACCEPTED: "sound",
    State.DRAFT: "readable, but no more than a draft",
    State.REFUSED: "refused",
}


class Command(CheckingCommand):
    help = (
        "Check, import or export data contracts (ODCS 2.2.x, 3.0.x, 3.1.0). Exit code 0: sound;"
        " 1: a draft at best, or refused; 2: wrong usage, or the file cannot be read."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        check = self.verb(verbs, "check", "Judge a file by the schema of the version it declares.")
        take = self.verb(verbs, "import", "Keep a contract and bind it to assets.")
        for verb in (check, take):
            verb.add_argument("file", help="YAML or JSON; - for standard input")
        take.add_argument("--site", help="short name of the site at which it holds")
        export = self.verb(verbs, "export", "Write a contract out, byte for byte as it came.")
        export.add_argument("id", type=int, help="number of the contract in the catalog")
        export.add_argument("--out", help="a file; else standard output")
        export.add_argument("--newest", action="store_true", help="as YAML of the newest version")

    def act(self, **options: Any) -> dict[str, Any]:
        match options["verb"]:
            case "import":
                return self._import(str(options["file"]), options["site"])
            case "export":
                return self._export(options["id"], options["out"], is_newest=options["newest"])
        return self._check(str(options["file"]))

    def _import(self, name: str, site: str | None) -> dict[str, Any]:
        told = contracting.take(
            self.body(name, limit=Bounds().size), site=site_called(site), by=self.by, at=self.at
        )
        contract = told.contract
        bindings = contract.bindings.count()
        bound = contract.bindings.exclude(asset=None).count()
        self.say(f"{name}: contract {contract.pk}, {contract}, {contract.state}")
        self.say(f"  {'kept' if told.is_new else 'known already'}; {bound} of {bindings} bound")
        lacks = contracting.missing(contract)
        for one in lacks[:MAX_LISTED]:
            self.say(f"  before it comes into force: {one}")
        return {
            "file": name,
            "id": contract.pk,
            "contract_id": contract.contract_id,
            "version": contract.version,
            "state": contract.state,
            "is_new": told.is_new,
            "bound": bound,
            "bindings": bindings,
            "missing": lacks,
            "exit_code": self.code,
        }

    def _export(self, key: int, out: str | None, *, is_newest: bool) -> dict[str, Any]:
        contract = Kept.objects.filter(pk=key).first()
        if contract is None:
            raise NotFound(f"no contract {key}")
        try:
            body = exported(contract, is_newest=is_newest)
        except NotConvertible as error:
            raise BadInput(f"not without loss from {error}") from error
        if out is not None:
            Path(out).write_bytes(body)
            self.say(f"{out}: {contract}, {len(body):,} bytes")
        elif not self.as_json:
            sys.stdout.buffer.write(body)
        return {"id": key, "file": out, "bytes": len(body), "exit_code": self.code}

    def _check(self, name: str) -> dict[str, Any]:
        bounds = Bounds()
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
