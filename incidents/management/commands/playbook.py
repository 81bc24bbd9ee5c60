"""``manage.py playbook validate|import|export|sign|dry-run FILE``: runbooks as CACAO 2.0."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from governance.access import require
from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from incidents.actions import keeping, rehearsing
from incidents.cacao import checklist, signing
from incidents.cacao.document import MAX_BYTES
from incidents.cacao.faults import PlaybookError
from incidents.cacao.judging import Verdict, judge
from incidents.domain.cards import HOLDERS
from incidents.domain.runbooks import VersionState
from incidents.executors.rehearsal import Kind
from incidents.models import RunbookVersion
from incidents.permissions import Act
from incidents.queries import signees

_SHOWN = 50


class Command(OperatorCommand):
    help = (
        "Validate a CACAO 2.0 playbook, import it as a draft of a runbook, export a version byte"
        " for byte, sign a file, or walk one without effects. Exit code 1: refused, with the rule"
        " and its JSON pointer."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        judged = self._verb(verbs, "validate", "Judge a playbook and check its signatures.")
        taken = self._verb(verbs, "import", "Keep a playbook, or a checklist in Markdown (.md).")
        given = self._verb(verbs, "export", "Write a version out, byte for byte as it came.")
        signed = self._verb(verbs, "sign", "Add a signature and write the canonical form.")
        walked = self._verb(verbs, "dry-run", "Say what would run and be sent, without effects.")
        for verb in (judged, taken, signed, walked):
            verb.add_argument("file", help="JSON, or for import Markdown; - for standard input")
        taken.add_argument("--runbook", default="", help="its short name, if it is a new one")
        taken.add_argument("--change", default="", help="what is new in this version")
        given.add_argument("file", help="where to; - for standard output")
        given.add_argument("--runbook", default="", help="short name; else the file's first word")
        given.add_argument("--number", type=int, help="the version; else the approved one")
        walked.add_argument(
            "--value", action="append", default=[], metavar="__NAME__=VALUE",
            help="of a variable, as people and answers would give it; may be repeated",
        )  # fmt: skip
        walked.add_argument(
            "--answer", action="append", default=[], metavar="STEP=CHOICE",
            help="what people say to the question of a step; may be repeated",
        )  # fmt: skip
        signed.add_argument("--key", required=True, help="an Ed25519 private key, PEM (PKCS 8)")
        signed.add_argument("--signee", required=True, help="whose signature it is")
        signed.add_argument("--out", required=True, help="where to; - for standard output")

    def _verb(self, parsers: Any, name: str, text: str) -> ArgumentParser:
        made: ArgumentParser = parsers.add_parser(name, help=text, description=text)
        made.add_argument("--json", action="store_true", help="print one JSON object")
        return made

    def say(self, text: str) -> None:
        """Print a line for people; what a document put into it cannot steer the terminal."""
        super().say("".join(one if one.isprintable() else "\ufffd" for one in text))

    def act(self, **options: Any) -> dict[str, Any]:
        name = str(options["file"])
        match options["verb"]:
            case "import":
                return self._import(name, options["runbook"], options["change"])
            case "export":
                return self._export(name, options["runbook"], options["number"])
            case "sign":
                return self._sign(name, options)
            case "dry-run":
                return self._walk(name, _pairs(options["value"]), _pairs(options["answer"]))
        return self._told(name, judge(_body(name)))

    def _told(self, name: str, verdict: Verdict) -> dict[str, Any]:
        signatures = signees.verified(verdict.content or {}, at=self.at)
        broken = [one for one in signatures if not one.checked.holds]
        if not verdict.is_accepted or broken:
            self.exit_code = 1
        self.say(f"{name}: {verdict.outcome}")
        for one in verdict.findings[:_SHOWN]:
            self.say(f"  {one.level} {one.rule} at {one.pointer or 'document'}: {one.message}")
        if len(verdict.findings) > _SHOWN:
            self.say(f"  and {len(verdict.findings) - _SHOWN} more")
        for sign in signatures:
            of = f"{sign.checked.signee} ({sign.checked.thumbprint})"
            self.say(f"  signature of {of}: {sign.words}")
        fault = verdict.fault
        return {
            "file": name,
            "verdict": verdict.outcome,
            "rule": fault.rule if fault else None,
            "pointer": fault.pointer if fault else None,
            "sha256": verdict.sha256,
            "findings": [
                {"level": f.level, "rule": f.rule, "pointer": f.pointer, "message": f.message}
                for f in verdict.findings
            ],
            "signatures": [
                {"id": s.checked.id, "signee": s.checked.signee,
                 "algorithm": s.checked.algorithm, "holds": s.checked.holds,
                 "thumbprint": s.checked.thumbprint, "problem": s.checked.problem or None,
                 "trusted_as": s.name or None, "words": s.words}
                for s in signatures
            ],
        }  # fmt: skip

    def _import(self, name: str, slug: str, change: str) -> dict[str, Any]:
        data = _body(name)
        if name.endswith(".md"):
            data = self._converted(data, name)
        told = self._told(name, judge(data))
        if self.exit_code:
            return told
        version, _ = keeping.bring(data, slug=slug, change=change, by=self.by, at=self.at)
        book = version.runbook
        self.say(f"Version {version.number} of {book.slug} waits for a second person's approval.")
        return {**told, "runbook": book.slug, "number": version.number, "state": version.state}

    def _converted(self, data: bytes, name: str) -> bytes:
        try:
            text = data.decode("utf-8")
            return checklist.convert(
                text, name=Path(name).stem, roles=tuple(HOLDERS), at=self.at
            )  # fmt: skip
        except UnicodeDecodeError as error:
            raise BadInput(f"not UTF-8 at byte {error.start}") from error
        except PlaybookError as error:
            raise BadInput(str(error)) from error

    def _export(self, name: str, slug: str, number: int | None) -> dict[str, Any]:
        slug = slug or Path(name).name.partition(".")[0]
        rows = RunbookVersion.objects.filter(runbook__slug=slug).select_related("runbook")
        wanted = {"number": number} if number else {"state": VersionState.APPROVED}
        version = rows.filter(**wanted).first()
        if version is None:
            called = f"version {number}" if number else "approved version"
            raise NotFound(f"no {called} of a runbook {slug[:64]!r}")
        require(self.by, Act.RUNBOOK_READ, version.runbook, at=self.at)
        data = bytes(version.document)
        self._write(name, data)
        self.said_of(name, f"{version}, {len(data):,} bytes")
        return {
            "file": name,
            "runbook": slug,
            "number": version.number,
            "state": version.state,
            "sha256": version.sha256,
            "bytes": len(data),
        }

    def _walk(self, name: str, values: dict[str, str], answers: dict[str, str]) -> dict[str, Any]:
        found = rehearsing.walk(_body(name), values=values, answers=answers, at=self.at)
        for one in found.lines:
            who = f" [{one.who}]" if one.who else ""
            sure = " (assumed)" if one.is_assumed else ""
            step = f"{one.step}: " if one.step else ""
            self.say(f"{'  ' * (one.depth + 1)}{one.kind:9} {step}{one.text}{who}{sure}")
        told = rehearsing.summary(found)
        self.say(f"{name}: {told}")
        return {
            "file": name,
            "ending": found.ending,
            "waits_seconds": int(found.waits.total_seconds()),
            "counts": {kind.value: found.count(kind) for kind in Kind},
            "steps": [
                {"kind": one.kind, "step": one.step, "who": one.who, "text": one.text,
                 "depth": one.depth, "assumed": one.is_assumed}
                for one in found.lines
            ],
        }  # fmt: skip

    def _sign(self, name: str, options: dict[str, Any]) -> dict[str, Any]:
        verdict = keeping.judged(_body(name))
        content = verdict.content or {}
        try:
            key = load_pem_private_key(Path(options["key"]).read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise BadInput("the key is no private key in PEM without a password") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise BadInput("the key is no Ed25519 key")
        try:
            data = signing.sign(
                content, key=key, signee=options["signee"],
                created_by=content["created_by"], at=self.at,
            )  # fmt: skip
        except PlaybookError as error:
            raise BadInput(str(error), pointer=error.pointer) from error
        self._write(options["out"], data)
        self.said_of(options["out"], f"signed, {len(data):,} bytes")
        return {"file": options["out"], "bytes": len(data), "signee": options["signee"]}

    def said_of(self, name: str, text: str) -> None:
        """Say what became of a file, unless its bytes went to the same standard output."""
        if name != "-":
            self.say(f"{name}: {text}")

    def _write(self, name: str, data: bytes) -> None:
        if name != "-":
            Path(name).write_bytes(data)
        elif not self.as_json:
            sys.stdout.buffer.write(data)


def _pairs(given: list[str]) -> dict[str, str]:
    """Return ``NAME=VALUE`` words as a table.

    Raises:
        BadInput: one of them has no equals sign.
    """
    if odd := [one for one in given if "=" not in one]:
        raise BadInput(f"write {odd[0][:40]!r} as NAME=VALUE")
    return {name: value for name, _, value in (one.partition("=") for one in given)}


def _body(name: str) -> bytes:
    """Return the bytes of ``name``; one more than the limit at most, enough to refuse it."""
    if name == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(MAX_BYTES + 1)
