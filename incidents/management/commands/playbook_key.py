"""``manage.py playbook_key trust|end|list``: whose signatures on playbooks count here."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from governance.commands import OperatorCommand
from governance.errors import NotFound
from incidents.actions import trusting
from incidents.models import Signee


class Command(OperatorCommand):
    help = "Trust a public key whose signatures on playbooks count, end that, or list the keys."

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        trusted = verbs.add_parser("trust", help="Trust a public key as that of somebody.")
        trusted.add_argument("file", help="the public key, PEM or DER")
        trusted.add_argument("--name", required=True, help="whose key it is")
        ended = verbs.add_parser("end", help="Trust a key no longer.")
        ended.add_argument("number", type=int, help="as the list shows it")
        for verb in (trusted, ended):
            verb.add_argument("--reason", required=True, help="how you know, or why no longer")
        for verb in (trusted, ended, verbs.add_parser("list", help="List the trusted keys.")):
            verb.add_argument("--json", action="store_true", help="print one JSON object")

    def act(self, **options: Any) -> dict[str, Any]:
        match options["verb"]:
            case "trust":
                key = Path(options["file"]).read_bytes()[:65_536]
                row = trusting.trust(
                    key, name=options["name"], reason=options["reason"], by=self.by, at=self.at
                )
                self.say(f"Signatures by {row.thumbprint} are {row.name}'s from now on.")
                return {"thumbprint": row.thumbprint, "name": row.name}
            case "end":
                row = self._found(options["number"])
                trusting.end(row, reason=options["reason"], by=self.by, at=self.at)
                self.say(f"{row.thumbprint} of {row.name} is trusted no longer.")
                return {"thumbprint": row.thumbprint, "name": row.name}
        rows = Signee.objects.filter(ended_at=None)
        for one in rows:
            self.say(f"{one.pk}. {one.name}, since {one.trusted_at:%Y-%m-%d}: {one.reason}")
            self.say(f"   {one.thumbprint}")
        return {
            "keys": [
                {"number": one.pk, "thumbprint": one.thumbprint, "name": one.name} for one in rows
            ]
        }

    def _found(self, number: int) -> Signee:
        row = Signee.objects.filter(pk=number, ended_at=None).first()
        if row is None:
            raise NotFound(f"no trusted key has the number {number}")
        return row
