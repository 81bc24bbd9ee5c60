"""``manage.py policy``: look at policies, check, replay, take out and bring in."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from governance import in_force
from governance.actions import drafting
from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound, Refused
from governance.models import PolicySignature, PolicyVersion
from governance.policy import cases, content, coverage, diff, lint
from governance.policy.casbin_policy import InvalidPolicy
from governance.policy.content import Content
from governance.queries import (
    contents,
    decision_digests,
    instants,
    policy_checks,
    policy_signatures,
    replaying,
)
from governance.tlog.notes import NoteError

WHICH = "number of a version, head, or a file written by export"


class Command(OperatorCommand):
    help = "Lint, compare, test, replay, show, verify, export and import policies."

    def arguments(self, parser: ArgumentParser) -> None:
        parsers = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

        def verb(name: str, text: str) -> ArgumentParser:
            made: ArgumentParser = parsers.add_parser(name, help=text, description=text)
            made.add_argument("--json", action="store_true", help="print one JSON object")
            return made

        verb(
            "lint", "Say what is wrong with a policy; exit 1 if anything is an error."
        ).add_argument("policy", nargs="?", default="head", help=WHICH)
        one = verb("diff", "Say what differs, and who gains and loses by it.")
        one.add_argument("policy", help=WHICH)
        one.add_argument("--to", default="head", help="what to compare with; the head")
        one = verb("test", "Run policy tests; exit 1 if one fails.")
        one.add_argument("file", nargs="?", help="YAML; those of the policy itself if left out")
        one.add_argument("--policy", default="head", help=WHICH)
        one.add_argument("--mutate", action="store_true", help="also change each rule and see")
        one = verb("replay", "Ask a candidate what the decision log asked, with the same inputs.")
        one.add_argument("policy", metavar="CANDIDATE", help=WHICH)
        one.add_argument("--since", required=True, help="2026-11-17 or 2026-11-17T09:45, UTC")
        verb("show", "Print a version: state, hash, who did what to it.").add_argument(
            "policy", nargs="?", default="head", help=WHICH
        )
        one = verb(
            "verify",
            "Hold published versions against signatures and log, and the decisions that others"
            " asked for against their digests; exit 1 on a fault.",
        )
        one.add_argument(
            "--vkey", action="append", default=[], help="a verifier key that you hold; repeatable"
        )
        one = verb("export", "Write a policy to a file: .json whole, .csv its rules.")
        one.add_argument("file", help="name ending in .json or .csv; - for JSON to the output")
        one.add_argument("--policy", default="head", help=WHICH)
        one = verb("import", "Take a file of either form as a draft of the operator.")
        one.add_argument("file", help=".json or .csv")
        one.add_argument("--reason", required=True, help="what shall change, and why")

    def act(self, **options: Any) -> dict[str, Any]:
        verb = getattr(self, f"_{options['verb']}")
        found: dict[str, Any] = verb(options)
        return found

    def _lint(self, options: dict[str, Any]) -> dict[str, Any]:
        findings = lint.check(self._content(options["policy"]), contents.vocabulary(self.at))
        for one in findings:
            self.say(f"{one.level}: {one.rid or 'policy'}: {one.text} [{one.code}]")
        errors = lint.errors(findings)
        answer = {"errors": len(errors), "findings": [asdict(one) for one in findings]}
        self.say(f"{len(errors)} errors, {len(findings) - len(errors)} warnings.")
        return self._failing(bool(errors), answer, "lint finds errors")

    def _diff(self, options: dict[str, Any]) -> dict[str, Any]:
        new, old = self._content(options["policy"]), self._content(options["to"])
        changes = diff.between(old, new)
        effects = policy_checks.effects(old, new, at=self.at)
        for change in changes.rules:
            self.say(f"{change.kind}: {change.rid}")
        for effect in effects:
            self.say(f"{effect.subject} {effect.direction} {effect.act} at {effect.domain}")
        self.say(f"{len(changes.rules)} rules differ.")
        return {
            "rules": [
                {
                    "rid": change.rid,
                    "kind": change.kind,
                    "old": change.old.cells() if change.old else None,
                    "new": change.new.cells() if change.new else None,
                }
                for change in changes.rules
            ],
            "model": changes.is_model_changed,
            "tests": changes.are_tests_changed,
            "order": changes.is_reordered,
            "effects": [asdict(effect) for effect in effects],
        }

    def _test(self, options: dict[str, Any]) -> dict[str, Any]:
        policy = self._content(options["policy"])
        text = Path(options["file"]).read_text() if options["file"] else policy.tests
        try:
            parsed = cases.parse(text)
            report = coverage.run(
                policy.model_conf,
                policy.rules,
                parsed,
                mutate=bool(options["mutate"]),
                uses=in_force.uses(),
            )
        except (cases.InvalidCases, InvalidPolicy) as error:
            raise BadInput(str(error)) from None
        for failure in report.failures:
            self.say(f"FAILED {failure.name}: {failure.text}")
        for rid in report.undecided:
            self.say(f"no test decides by {rid}")
        for mutant in report.survivors:
            self.say(f"no test notices {mutant.rid} {mutant.change}")
        score = f", mutation score {report.mutation_score:.1%}" if report.is_mutated else ""
        self.say(
            f"{report.tests} tests, {report.questions} questions, {len(report.failures)} wrong;"
            f" rule coverage {report.coverage:.1%}{score}."
        )
        answer = {
            **asdict(report),
            "coverage": report.coverage,
            "mutation_score": report.mutation_score if report.is_mutated else None,
        }
        return self._failing(bool(report.failures), answer, "tests fail")

    def _replay(self, options: dict[str, Any]) -> dict[str, Any]:
        since = instants.read(options["since"])
        result = replaying.replay(self._content(options["policy"]), since=since, until=self.at)
        for title, flips in (("gains", result.gains), ("loses", result.losses)):
            for flip in flips.listed:
                self.say(f"{flip.subject} {title} {flip.act} at {flip.domain} ({flip.times} times)")
        for why, times in result.left_out.items():
            self.say(f"not replayed: {times}, {why}")
        self.say(
            f"{result.replayed} decisions replayed: {result.gains.total} would be permitted that"
            f" were refused, {result.losses.total} refused that were permitted."
        )
        return result.facts()

    def _show(self, options: dict[str, Any]) -> dict[str, Any]:
        version = _version(options["policy"])
        found = {
            "number": version.number,
            "state": version.state,
            "parent": version.parent.number if version.parent else None,
            "restores": version.restores.number if version.restores else None,
            "sha256": version.content_sha256,
            "author": version.author,
            "reason": version.note,
            "created_at": version.created_at,
            "submitted_at": version.submitted_at,
            "decided_by": version.decided_by,
            "decided_at": version.decided_at,
            "decision_reason": version.decision_reason,
            "published_by": version.published_by,
            "published_at": version.published_at,
            "rules": version.rules.count(),
            **_signature(version),
        }
        for name, value in found.items():
            if value not in (None, "", []):
                self.say(f"{name}: {value}")
        return found

    def _verify(self, options: dict[str, Any]) -> dict[str, Any]:
        try:
            report = policy_signatures.verify(options["vkey"])
        except NoteError as error:
            raise BadInput(f"--vkey: {error}") from None
        for one in report.findings:
            name = f"policy version {one.number}" if one.number else "policy"
            self.say(f"{name}: {one.text} [{one.fault}]")
        if not report.keys:
            self.say("No key of the log is known: manage.py audit_sequencer announces them.")
        self.say(f"{report.versions} published versions, {len(report.findings)} faults.")
        batches, differing = decision_digests.differing()
        for batch in differing:
            self.say(
                f"decisions of event {batch.event_id}: {batch.rows} rows are not those that were"
                f" written, {batch.missing} are missing [decisions_changed]"
            )
        self.say(f"{batches} batches of decisions, {len(differing)} faults.")
        answer = asdict(report) | {
            "decision_batches": batches,
            "decision_findings": [asdict(one) for one in differing],
        }
        is_faulty = bool(report.findings or differing)
        return self._failing(is_faulty, answer, "a published version or a decision is faulty")

    def _export(self, options: dict[str, Any]) -> dict[str, Any]:
        policy, name = self._content(options["policy"]), str(options["file"])
        if name == "-":
            self.stdout.write(content.to_json(policy), ending="")
            self.as_json = False
            return {}
        if not name.endswith((".json", ".csv")):
            raise BadInput("the name ends in .json or .csv")
        write = content.to_json if name.endswith(".json") else content.to_csv
        Path(name).write_text(write(policy))
        self.say(f"{len(policy.lines)} rules written to {name}.")
        return {"file": name, "rules": len(policy.lines), "sha256": policy.sha256}

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        policy = self._file(Path(options["file"]))
        version = drafting.bring_in(policy, by=self.by, at=self.at, reason=options["reason"])
        self.say(f"Policy version {version.number} is a draft ({version.content_sha256[:12]}).")
        return {"number": version.number, "state": version.state, "sha256": policy.sha256}

    def _content(self, which: str) -> Content:
        if which == "head" or which.isdecimal():
            return contents.content(_version(which))
        return self._file(Path(which))

    def _file(self, path: Path) -> Content:
        head = contents.head()
        model = contents.content(head) if head else Content("", ())
        try:
            return content.read(path.read_text(), model_conf=model.model_conf, tests=model.tests)
        except (content.Unreadable, UnicodeDecodeError) as error:
            line = getattr(error, "line", 0)
            raise BadInput(f"{path.name}: {error}", line=line or None) from None

    def _failing(self, is_wrong: bool, answer: dict[str, Any], why: str) -> dict[str, Any]:
        """Answer, and end with 1 where the check said no; a machine gets the answer too."""
        if is_wrong:
            if self.as_json:
                self.write_json(answer)
            raise Refused(why)
        return answer


def _signature(version: PolicyVersion) -> dict[str, Any]:
    """Return what was signed and whether it holds; nothing is signed before it is published."""
    if version.published_at is None:
        return {"signature": "not published", "faults": [], "note": ""}
    faults = [one.fault.value for one in policy_signatures.check(version.pk)]
    row = PolicySignature.objects.filter(version=version).first()
    words = "does not hold" if faults else "holds"
    return {
        "signature": words if row else "missing",
        "faults": faults,
        "note": row.note if row else "",
    }


def _version(which: str) -> PolicyVersion:
    if which == "head":
        version = contents.head()
    else:
        is_number = which.isdecimal() and len(which) < 10
        number = int(which) if is_number else 0
        version = PolicyVersion.objects.filter(number=number).first()
    if version is None:
        raise NotFound(f"no policy version {which[:40]!r}")
    return version
