"""What a CACAO 2.0 (CS01) document must mean before a step of it is shown or run.

The published schemas leave these rules out: dates in order, references that resolve,
variables that are defined, conditions that can be decided.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from incidents.cacao import conditions, flow, form, parts, variables
from incidents.cacao.faults import Finding, Invalid, Level, join
from incidents.cacao.parts import Part

_SECRETS = ("password", "token", "oauth_header", "private_key")


def findings(document: Part) -> list[Finding]:
    """Return everything there is to say of ``document``, what refuses it first."""
    found = list(
        chain(
            form.findings(document),
            _dates(document),
            flow.findings(document),
            _agents(document),
            variables.findings(document),
            _conditions(document),
            _secrets(document),
        )
    )
    return sorted(found, key=lambda one: not one.is_fault)


def check(document: Part) -> None:
    """Check the whole document.

    Raises:
        Invalid: the first rule that is broken, with its place.
    """
    first = next((one for one in findings(document) if one.is_fault), None)
    if first is not None:
        raise Invalid(first.rule, first.pointer, first.message)


def _dates(document: Part) -> Iterator[Finding]:
    held: dict[str, datetime] = {}
    for name in ("created", "modified", "valid_from", "valid_until"):
        value = document.get(name)
        if not isinstance(value, str) or not value.endswith("Z"):
            continue  # said by the rules of form, or absent
        try:
            held[name] = datetime.fromisoformat(value)
        except ValueError:
            yield _meaning("timestamp", f"/{name}", "no calendar has this date, or no clock")
    for first, then in (("created", "modified"), ("valid_from", "valid_until")):
        if first in held and then in held and held[then] < held[first]:
            yield _meaning("modified", f"/{then}", f"before {first}")


def _agents(document: Part) -> Iterator[Finding]:
    agents = parts.inner(document, "agent_definitions")
    targets = parts.inner(document, "target_definitions")
    for key, step in parts.steps(document).items():
        place = join("workflow", key)
        if step["type"] != "action":
            continue
        if step.get("agent") is not None and not parts.names(agents, step["agent"]):
            yield _meaning("agent", f"{place}/agent", "no such agent in agent_definitions")
        for position, one in enumerate(parts.listed(step, "targets")):
            if one not in targets:
                yield _meaning("target", f"{place}/targets/{position}", "no such target")


def _conditions(document: Part) -> Iterator[Finding]:
    """Note the conditions that a person has to decide."""
    for key, step in parts.steps(document).items():
        condition = step.get("condition")
        if step["type"] in ("if-condition", "while-condition") and isinstance(condition, str):
            why = conditions.undecidable(condition)
            if why:
                place = f"{join('workflow', key)}/condition"
                yield Finding("condition", place, f"a person decides: {why}", Level.NOTE)


def _secrets(document: Part) -> Iterator[Finding]:
    for key, one in parts.inner(document, "authentication_info_definitions").items():
        for name in _SECRETS:
            value = one.get(name) if isinstance(one, dict) else None
            if isinstance(value, str) and value and not variables.REFERENCE.search(value):
                place = join("authentication_info_definitions", key, name)
                yield Finding("secret", place, "a secret stands in the document", Level.NOTE)


def _meaning(rule: str, pointer: str, message: str) -> Finding:
    return Finding(rule, pointer, message, Level.MEANING)
