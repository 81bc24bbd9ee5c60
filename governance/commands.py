"""What all commands share: who acts, one-line refusals, exit codes, JSON."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError
from django.utils import timezone

from governance import boundary
from governance.domain import actor as actors
from governance.errors import WardroomError


class OperatorCommand(BaseCommand):
    """A command that acts as the named service actor ``operator``.

    Subclasses implement ``act(**options)`` and return what ``--json`` prints; without it
    the command prints sentences through ``say``. Exit codes: 0 done, 1 refused or
    failed, 2 wrong usage.
    """

    actor_slug = "operator"
    exit_code = 0
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        self.arguments(parser)

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def act(self, **options: Any) -> dict[str, Any]:
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Print a line for people; nothing where a machine reads."""
        if not self.as_json:
            self.stdout.write(text)

    @property
    def is_interactive(self) -> bool:
        """Whether progress bars make sense."""
        return sys.stderr.isatty() and not self.as_json

    def handle(self, *args: Any, **options: Any) -> None:
        self.as_json = bool(options.pop("json", False))
        self.at = timezone.now()
        self.by = actors.service(self.actor_slug)
        result = self._guarded(lambda: self._within(options))
        if self.as_json:
            self.write_json(result)
        if self.exit_code:
            sys.exit(self.exit_code)

    def write_json(self, result: dict[str, Any]) -> None:
        """Print what a machine reads, on one line."""
        self.stdout.write(json.dumps(result, default=_plain, ensure_ascii=False))

    def _within(self, options: dict[str, Any]) -> dict[str, Any]:
        with boundary.acting(self.by, at=self.at):
            return self.act(**options)

    def _guarded(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Turn every expected failure into one line and exit code 1."""
        try:
            return work()
        except WardroomError as error:
            raise CommandError(_line(f"{error.detail} [{error.code}]")) from error
        except ValidationError as error:
            raise CommandError(_line(" ".join(error.messages))) from error
        except OperationalError as error:
            raise CommandError(_line(f"the database does not answer: {error}")) from error
        except DatabaseError as error:
            raise CommandError(_line(f"the database refused: {error}")) from error
        except OSError as error:
            raise CommandError(
                _line(f"{error.strerror or error}: {error.filename or ''}")
            ) from error


def _plain(value: Any) -> str:
    """Return ``value`` as JSON takes it; times as RFC 3339 writes them."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _line(text: str) -> str:
    """Fold to one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:500]
