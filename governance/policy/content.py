"""What a policy version consists of, and its two forms as a file: JSON whole, CSV rules only."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from governance.domain import obligations
from governance.policy import casbin_policy
from governance.policy.casbin_policy import EVERYWHERE, Rule

FORMAT = "wardroom-policy-1"
COLUMNS = ("rid", "sub", "dom", "rtype", "act", "cond", "eft", "obligations", "is_overridable")
LONGEST = {"rid": 80, "sub": 80, "dom": 120, "rtype": 80, "act": 80, "cond": 1000, "eft": 5} | {
    "obligations": 2000
}
"""Characters that a column takes."""
MAX_BYTES, MAX_RULES = 64 * 1024 * 1024, 1_000_000
_DEFAULTS = {"dom": EVERYWHERE, "cond": "True", "eft": "allow"}
_MAY_BE_EMPTY = ("obligations",)


class Unreadable(ValueError):
    """The file is no policy; ``line`` is the rule's number from 1, 0 for the whole."""

    def __init__(self, detail: str, *, line: int = 0) -> None:
        super().__init__(f"rule {line}: {detail}" if line else detail)
        self.line = line


@dataclass(frozen=True, slots=True)
class Line:
    """A rule, and whether sites may grant its act to more than the baseline does."""

    rule: Rule
    is_overridable: bool = False

    @property
    def rid(self) -> str:
        return self.rule.rid

    @property
    def is_local(self) -> bool:
        """Whether it holds for one scope only, so that it is not of the baseline."""
        return self.rule.dom != EVERYWHERE

    def cells(self) -> dict[str, str]:
        """Return the columns by name, as both files write them."""
        found = {name: str(getattr(self.rule, name)) for name in COLUMNS[:-1]}
        return {**found, COLUMNS[-1]: "yes" if self.is_overridable else "no"}


@dataclass(frozen=True, slots=True)
class Content:
    """Model, rules in order, and the tests that belong to them."""

    model_conf: str
    lines: tuple[Line, ...]
    tests: str = ""

    @property
    def rules(self) -> list[Rule]:
        return [line.rule for line in self.lines]

    @property
    def sha256(self) -> str:
        """Return the digest of model and rules, to which every decision refers."""
        return casbin_policy.content_sha256(self.model_conf, self.rules)

    def with_lines(self, lines: Iterable[Line]) -> "Content":
        return replace(self, lines=tuple(lines))


def of(model_conf: str, rules: Iterable[Rule], tests: str = "") -> Content:
    """Return the content of plain rules, none of which sites may widen."""
    return Content(model_conf, tuple(Line(rule) for rule in rules), tests)


def to_json(content: Content) -> str:
    """Write the whole content as one JSON object; reading it again gives the same."""
    rules = [line.cells() for line in content.lines]
    whole = {
        "format": FORMAT,
        "sha256": content.sha256,
        "model": content.model_conf,
        "rules": rules,
        "tests": content.tests,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def to_csv(content: Content) -> str:
    """Write the rules; model and tests stay out."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(line.cells() for line in content.lines)
    return text.getvalue()


def read(text: str, *, model_conf: str, tests: str = "") -> Content:
    """Read either form; ``model_conf`` and ``tests`` hold where the file says nothing of them.

    Raises:
        Unreadable: it is neither, a column is missing, unknown or too long, an id comes
            twice, or the file names another digest than its content has.
    """
    if len(text) > MAX_BYTES:
        raise Unreadable(f"more than {MAX_BYTES >> 20} MiB")
    if text.lstrip().startswith("{"):
        return _from_json(text, model_conf, tests)
    reader = csv.DictReader(io.StringIO(text))
    try:
        rows: Sequence[dict[Any, Any]] = list(reader)
    except csv.Error as error:
        raise Unreadable(f"not CSV: {error}") from None
    return Content(model_conf, _lines(rows), tests)


def _from_json(text: str, model_conf: str, tests: str) -> Content:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from None
    if whole.get("format") != FORMAT or not isinstance(whole.get("rules"), list):
        raise Unreadable(f"not a policy of the format {FORMAT}")
    given = {"model": model_conf, "tests": tests, **whole}
    if not isinstance(given["model"], str) or not isinstance(given["tests"], str):
        raise Unreadable("model and tests are texts")
    content = Content(given["model"], _lines(whole["rules"]), given["tests"])
    if whole.get("sha256") not in (None, "", content.sha256):
        raise Unreadable("the content does not have the digest that the file names")
    return content


def _lines(rows: Sequence[Any]) -> tuple[Line, ...]:
    if not rows:
        raise Unreadable("no rule")
    if len(rows) > MAX_RULES:
        raise Unreadable(f"more than {MAX_RULES} rules")
    lines = tuple(line_of(row, number) for number, row in enumerate(rows, 1))
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if line.rid in seen:
            raise Unreadable(f"the id {line.rid!r} comes twice", line=number)
        seen.add(line.rid)
    return lines


def line_of(row: Any, number: int = 0) -> Line:
    """Read one rule from its columns by name.

    Raises:
        Unreadable: a column is missing, unknown, no text, too long, or holds a NUL.
    """
    if not isinstance(row, dict):
        raise Unreadable("not an object of columns", line=number)
    unknown = sorted(str(name) for name in row if name not in COLUMNS)
    if unknown:
        raise Unreadable(f"unknown column {unknown[0][:40]!r}", line=number)
    cells = {}
    for name, longest in LONGEST.items():
        value = row.get(name) or _DEFAULTS.get(name, "")
        if not isinstance(value, str):
            raise Unreadable(f"{name} is no text", line=number)
        value = value.strip()
        if not value and name not in _MAY_BE_EMPTY:
            raise Unreadable(f"{name} is empty", line=number)
        if len(value) > longest:
            raise Unreadable(f"{name} has more than {longest} characters", line=number)
        if not value.isprintable():
            raise Unreadable(f"{name} holds characters that do not print", line=number)
        cells[name] = value
    if cells["eft"] not in ("allow", "deny"):
        raise Unreadable(f"the effect is allow or deny, not {cells['eft']!r}", line=number)
    try:
        obligations.read(cells["obligations"])
    except obligations.InvalidObligation as error:
        raise Unreadable(f"obligations: {error}", line=number) from None
    flag = row.get(COLUMNS[-1]) or "no"
    if flag not in ("yes", "no"):
        raise Unreadable("is_overridable is yes or no", line=number)
    return Line(Rule(**cells), flag == "yes")
