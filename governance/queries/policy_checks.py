"""Everything that is looked at before a policy is approved, in one place for all faces."""

from dataclasses import dataclass
from datetime import datetime

from governance import access, in_force
from governance.policy import cases, coverage, diff, lint
from governance.policy.casbin_policy import InvalidPolicy, Link
from governance.policy.content import Content
from governance.policy.coverage import Report
from governance.policy.diff import Direction, Effect
from governance.policy.lint import Finding
from governance.queries import contents


@dataclass(frozen=True, slots=True)
class Checks:
    """What lint and tests say; ``problem`` says why the tests could not be run at all."""

    findings: tuple[Finding, ...]
    report: Report | None
    problem: str = ""

    @property
    def blocking(self) -> list[str]:
        """Say in words what keeps the version from being submitted."""
        found = [f"{one.rid or 'policy'}: {one.text} [{one.code}]" for one in self.errors]
        if self.problem:
            found.append(self.problem)
        if self.report is not None:
            found += [f"{one.name}: {one.text}" for one in self.report.failures]
            found += [f"no test decides by the rule {rid}" for rid in self.report.undecided]
        return found

    @property
    def errors(self) -> list[Finding]:
        return lint.errors(self.findings)


def check(content: Content, *, at: datetime, mutate: bool = False) -> Checks:
    """Lint ``content`` as of ``at`` and run its own tests."""
    findings = tuple(lint.check(content, contents.vocabulary(at)))
    try:
        report = coverage.run(
            content.model_conf,
            content.rules,
            cases.parse(content.tests),
            mutate=mutate,
            uses=in_force.uses(),
        )
    except cases.InvalidCases as error:
        return Checks(findings, None, f"the tests cannot be read: {error}")
    except InvalidPolicy as error:
        return Checks(findings, None, str(error))
    return Checks(findings, report)


def effects(old: Content, new: Content, *, at: datetime) -> list[Effect]:
    """Return who gains and who loses, from the memberships at ``at``."""
    return diff.effects(old, new, _links(at))


def gains(old: Content, new: Content, subject: str, *, at: datetime) -> list[Effect]:
    """Return what ``subject`` could do by ``new`` that they cannot by ``old``."""
    links = [link for link in _links(at) if link.child == subject]
    found = diff.effects(old, new, links)
    return [one for one in found if one.direction is Direction.GAINS]


def _links(at: datetime) -> list[Link]:
    instant = at.timestamp()
    return [link for link in access.links().every() if link.since <= instant < link.until]
