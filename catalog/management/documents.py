"""What commands that check documents share: a file in, findings by line, an exit code."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.documents.faults import Fault
from governance.commands import OperatorCommand
from governance.errors import NotFound
from governance.models import Site

WRONG, USAGE = 1, 2


class CheckingCommand(OperatorCommand):
    """Exit codes: 0 nothing wrong, 1 something is, 2 wrong usage or a file that cannot be read.

    Checking asks nothing of the database: a pipeline may check before there is one.
    """

    def verb(self, parsers: Any, name: str, text: str) -> ArgumentParser:
        """Add a verb that takes ``--json`` after it too."""
        made: ArgumentParser = parsers.add_parser(name, help=text, description=text)
        made.add_argument("--json", action="store_true", help="print one JSON object")
        return made

    def handle(self, *args: Any, **options: Any) -> None:
        self.code = 0
        try:
            super().handle(*args, **options)
        except CommandError as error:
            error.returncode = USAGE
            raise
        if self.code:
            sys.exit(self.code)

    def say(self, text: str) -> None:
        """Print a line for people; what a document put into it cannot steer the terminal."""
        super().say("".join(one if one.isprintable() else "\ufffd" for one in text))

    def body(self, name: str, *, limit: int) -> bytes:
        """Return the bytes of the file ``name``, ``-`` being standard input.

        One byte more than ``limit`` is read at most, which is enough to refuse it.
        """
        if name == "-":
            return sys.stdin.buffer.read(limit + 1)
        with Path(name).open("rb") as file:
            return file.read(limit + 1)

    def tell(self, title: str, found: tuple[Fault, ...], count: int) -> None:
        """Print findings for people, and how many are not shown."""
        if not count:
            return
        self.say(f"{title}: {count}")
        for one in found:
            self.say(f"  {one}" + (f" {one.remedy}" if one.remedy else ""))
        if count > len(found):
            self.say(f"  and {count - len(found)} more")


def site_called(slug: str | None) -> Site:
    """Return the site of that short name; the enterprise where none is given.

    Raises:
        NotFound: there is none.
    """
    sites = Site.objects.filter(slug=slug) if slug else Site.objects.filter(parent=None)
    site = sites.first()
    if site is None:
        known = ", ".join(Site.objects.values_list("slug", flat=True)[:20])
        raise NotFound(f"no site {slug!r}; known are: {known or 'none'}")
    return site


def told(found: tuple[Fault, ...]) -> list[dict[str, object]]:
    """Return findings for machines."""
    return [
        {
            "code": str(one.code),
            "pointer": one.pointer,
            "line": one.line or None,
            "detail": one.detail,
            "remedy": one.remedy,
        }
        for one in found
    ]
