"""``manage.py audit_verify``: does the audit log prove itself?"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from governance.actions import verifying
from governance.actions.verifying import Held
from governance.commands import OperatorCommand
from governance.domain.integrity import Rule
from governance.models import AuditVerification
from governance.tlog.notes import parse_checkpoint, parse_note

TAMPERED, INCOMPLETE = 1, 2


class Command(OperatorCommand):
    """Exit codes as those of the offline verifier, ``verify_audit.py``."""

    help = (
        "Verify the audit log: every entry, head, signature and governed row, against what the"
        " witnesses saw. Exit code 0: all verified; 1: tampering, with the first bad entry;"
        " 2: incomplete (not witnessed within 60 s, or a witness did not answer);"
        " 3: could not be read."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--incremental", action="store_true", help="only what came since the last check"
        )
        parser.add_argument(
            "--prior",
            action="append",
            default=[],
            metavar="FILE",
            help="a signed head that you kept; the log must have grown from it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except CommandError as error:
            error.returncode = 3
            raise
        if self.code:
            sys.exit(self.code)

    def act(self, **options: Any) -> dict[str, Any]:
        held = [_held(name) for name in options["prior"]]
        asked, silent = verifying.outside_heads()
        found = verifying.verify(
            is_full=not options["incremental"], by=self.by, at=self.at, held=[*held, *asked]
        )
        self.code = _code(found, silent)
        self.report(found, silent, witnesses=len(asked))
        return {
            "at": found.at,
            "is_full": found.is_full,
            "seconds": round(found.seconds, 3),
            "size": found.size,
            "root": bytes(found.root).hex(),
            "witnessed_size": found.witnessed_size,
            "expected": found.expected,
            "verified": found.verified,
            "classes": found.classes,
            "failures": found.failures,
            "silent_witnesses": silent,
            "exit_code": self.code,
        }

    def report(self, found: AuditVerification, silent: list[str], *, witnesses: int) -> None:
        self.say(
            f"{found.verified} of {found.expected} expected entries verified in"
            f" {found.seconds:.1f} s; tree of {found.size}, witnessed up to {found.witnessed_size}"
        )
        self.say(f"root {bytes(found.root).hex()}")
        if not witnesses:
            self.say("no witness outside confirms the log")
        for line in silent:
            self.say(f"no answer from {line}")
        for rule in Rule:
            if found.classes.get(rule):
                self.say(f"{rule}: {found.classes[rule]} failed. {Rule(rule).name.lower()}")
        for one in found.failures[:20]:
            self.say(f"  {one['rule']} entry {one['seq']} event {one['event_id']}: {one['detail']}")


def _held(name: str) -> Held:
    """Read a head that the caller kept; what is none of any log cannot be compared."""
    try:
        text = Path(name).read_text(encoding="utf-8")
        parse_checkpoint(parse_note(text).text)
    except ValueError as error:
        raise CommandError(f"{name} is no signed head: {error}") from error
    return Held(name, text)


def _code(found: AuditVerification, silent: list[str]) -> int:
    """Tampering outweighs what is only missing so far."""
    if any(found.classes.get(rule) for rule in Rule if rule is not Rule.WITNESSED):
        return TAMPERED
    return INCOMPLETE if silent or found.classes.get(Rule.WITNESSED) else 0
