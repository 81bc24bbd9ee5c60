"""``manage.py validate_backup``: restore a backup into a scratch cluster and check everything."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import CommandError, CommandParser

from governance.actions import restoring
from governance.commands import OperatorCommand
from governance.domain.backups import Result
from governance.errors import BadInput

CODES = {Result.VALID: 0, Result.FAILED: 1, Result.INCOMPLETE: 2}
USAGE = 3


class Command(OperatorCommand):
    """Acts as the verifier, since nobody vouches for a backup of their own."""

    help = (
        "Restore a backup into a scratch cluster, check schema, rows, log and reads, compare the"
        " log with the witnesses, and attest the result. Exit codes: 0 valid, 1 invalid or not"
        " done, 2 no witness answered, 3 usage."
    )
    actor_slug = "verifier"

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if parser.called_from_command_line:
            parser.error = self.refuse  # type: ignore[method-assign]
        return parser

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the dump; its manifest lies beside it")

    def refuse(self, message: str) -> NoReturn:
        self.stderr.write(f"validate_backup: {message}")
        sys.exit(USAGE)

    def handle(self, *args: Any, **options: Any) -> None:
        self.code = 0
        super().handle(*args, **options)
        if self.code:
            sys.exit(self.code)

    def act(self, **options: Any) -> dict[str, Any]:
        try:
            row = restoring.validate(options["file"].absolute(), by=self.by, at=self.at)
        except BadInput as error:
            raise CommandError(error.detail, returncode=USAGE) from error
        self.code = CODES[Result(row.result)]
        self.say(f"{row.file}: {row.result}")
        for line in [*row.details["reasons"], *row.details["gaps"]]:
            self.say(f"  {line}")
        if row.rto_seconds is not None:
            self.say(f"  RTO {row.rto_seconds:.1f} s, from an empty cluster until checked")
        if row.missing_entries is not None and row.rpo_seconds is not None:
            self.say(f"  RPO {row.missing_entries} entries, {row.rpo_seconds:.0f} s")
        return {
            "attestation": row.pk,
            "file": row.file,
            "sha256": row.sha256,
            "result": row.result,
            "taken_at": row.taken_at,
            "rto_seconds": row.rto_seconds,
            "rpo_seconds": row.rpo_seconds,
            "missing_entries": row.missing_entries,
            **row.details,
        }
