"""Quick commands that name a thing: /asset, /ioc, /task, /evidence."""

import re
from dataclasses import dataclass

from incidents.domain.cards import HOLDERS
from incidents.domain.indicators import IndicatorKind, read

ASSET, IOC, TASK, EVIDENCE = "/asset", "/ioc", "/task", "/evidence"
ORDERS = (ASSET, IOC, TASK, EVIDENCE)
LINKS = ("affected", "suspected", "clean", "involved")
_SHORT = {
    "soc": "SOC",
    "it": "IT",
    "ops": "Site operations",
    "site": "Site operations",
    "commander": "Incident commander",
    "scribe": "Scribe",
    "privacy": "Privacy officer",
    "liaison": "Partner liaison",
}
_ITEM = re.compile(r"E([1-9][0-9]{0,5})\b[\s:,.-]*(.*)", re.IGNORECASE | re.DOTALL)


class OrderError(ValueError):
    """A command that names nothing to act on; ``hint`` says what to write."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


@dataclass(frozen=True)
class NameAsset:
    """A thing to find and link, in this role."""

    name: str
    role: str


@dataclass(frozen=True)
class AddIndicator:
    """An indicator with what is known of it."""

    kind: IndicatorKind
    value: str
    note: str


@dataclass(frozen=True)
class AddTask:
    """Something to do for a role of the runbooks."""

    role: str
    text: str


@dataclass(frozen=True)
class NoteEvidence:
    """A note about one item of evidence."""

    number: int
    text: str


Order = NameAsset | AddIndicator | AddTask | NoteEvidence


def parse(word: str, rest: str) -> Order:
    """Read the command ``word`` with what followed it.

    Raises:
        OrderError: nothing was named.
    """
    rest = rest.strip()
    match word:
        case "/asset":
            return _asset(rest)
        case "/ioc":
            return _indicator(rest)
        case "/task":
            return _task(rest)
        case _:
            return _evidence(rest)


def _asset(rest: str) -> NameAsset:
    name, _, last = rest.rpartition(" ")
    role = last.lower() if name and last.lower() in LINKS else ""
    found = name.strip() if role else rest
    if not found:
        raise OrderError("No asset was named", f"Write /asset plc-7, or with {', '.join(LINKS)}")
    return NameAsset(found, role or "affected")


def _indicator(rest: str) -> AddIndicator:
    first, _, note = rest.partition(" ")
    try:
        kind, value = read(first)
    except ValueError:
        raise OrderError(
            "No indicator was named", "Write /ioc 10.1.2.3, a domain, an address, or a hash"
        ) from None
    return AddIndicator(kind, value, note.strip())


def _task(rest: str) -> AddTask:
    names = ", ".join(f"@{name}" for name in _SHORT)
    hint = f"Write /task @it check the backups; roles: {names}"
    if not rest.startswith("@"):
        raise OrderError("No role was named", hint)
    for role in HOLDERS:  # also written out: @Site operations
        if rest[1:].lower().startswith(f"{role.lower()} "):
            return AddTask(role, rest[1 + len(role) :].strip())
    short, _, text = rest[1:].partition(" ")
    role = _SHORT.get(short.lower(), "")
    if not role:
        raise OrderError(f"Nobody is called @{short[:40]}", hint)
    if not text.strip():
        raise OrderError("What is to be done was not said", hint)
    return AddTask(role, text.strip())


def _evidence(rest: str) -> NoteEvidence:
    found = _ITEM.fullmatch(rest)
    if found is None or not found[2].strip():
        raise OrderError(
            "No item of evidence was named",
            "Take the file in under Evidence first, then write /evidence E2 what it shows",
        )
    return NoteEvidence(int(found[1]), found[2].strip())
