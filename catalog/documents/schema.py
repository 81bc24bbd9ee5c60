"""Values against published JSON schemas, offline, with faults that carry pointers.

The validator's ``iter_errors`` builds every error before it yields the first, so a value that is
large and wrong is asked for its first fault only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from catalog.documents.faults import Code, Fault, pointer

_MAX_OPTIONS = 12
_LARGE = 256 * 2**10
_COMBINING = frozenset({"oneOf", "anyOf"})


def compiled(schema: Mapping[str, Any]) -> Any:
    """Return the validator of ``schema``; formats are checked and nothing is ever fetched."""
    return jsonschema_rs.validator_for(
        dict(schema), validate_formats=True, retriever=_refuse_to_fetch
    )


def faults(validator: Any, value: Any, *, size: int, standard: str) -> Iterator[Fault]:
    """Yield what is wrong with ``value``, of about ``size`` bytes, by the schema of ``standard``.

    Members that count as unknown only because the value beside them is wrong come last.
    """
    if validator.is_valid(value):
        return
    errors = list(validator.iter_errors(value)) if size <= _LARGE else _first(validator, value)
    told: set[tuple[str, str]] = set()
    for error in sorted(_leaves(errors), key=_is_consequence):
        fault = _fault(error, standard)
        if (fault.pointer, fault.detail) not in told:
            told.add((fault.pointer, fault.detail))
            yield fault


def _first(validator: Any, value: Any) -> list[jsonschema_rs.ValidationError]:
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []


def _leaves(
    errors: list[jsonschema_rs.ValidationError],
) -> Iterator[jsonschema_rs.ValidationError]:
    """Yield the errors; for a choice of forms, those of the form that fits best."""
    for error in errors:
        facts = error.kind.as_dict()
        forms = [form for form in facts.get("context") or () if form]
        forms = [form for form in forms if not _is_another_type(form, error)]
        if error.kind.name in _COMBINING and len(forms) == 1:
            yield from _leaves(forms[0])
        else:
            yield error


def _is_another_type(form: list[jsonschema_rs.ValidationError], choice: Any) -> bool:
    return any(
        one.kind.name == "type" and list(one.instance_path) == list(choice.instance_path)
        for one in form
    )


def _is_consequence(error: jsonschema_rs.ValidationError) -> bool:
    return bool(error.kind.name == "unevaluatedProperties")


def _fault(error: jsonschema_rs.ValidationError, standard: str) -> Fault:
    keyword, facts = error.kind.name, error.kind.as_dict()
    code = Code.SCHEMA
    remedy = f"See the schema of {standard} at {pointer(*error.schema_path)[:200]}."
    if keyword == "type" and facts.get("types") == ["string"]:
        if isinstance(error.instance, bool | int | float):
            code, remedy = Code.NUMBER_FOR_TEXT, "Put the value in quotes: it is text."
    elif _is_consequence(error):
        remedy = "Take them out, or correct what is wrong inside: then they may be known."
    return Fault(code, pointer(*error.instance_path), _expectation(keyword, facts), remedy)


def _expectation(keyword: str, facts: Mapping[str, Any]) -> str:
    """Say what the schema expects, from its own facts; of the document only members' names."""
    match keyword:
        case "required":
            return f"member {facts['property']!r} is required"
        case "type":
            return f"must be of type {_listed(facts.get('types', facts.get('type')))}"
        case "enum":
            return f"must be one of {_listed(facts['options'])}"
        case "constant" | "const":
            return f"must be {json.dumps(facts.get('expected_value'))[:80]}"
        case "pattern":
            return f"must match {str(facts['pattern'])[:200]}"
        case "format":
            return f"must be a valid {facts['format']}"
        case "additionalProperties" | "unevaluatedProperties":
            return f"has members that the schema does not know: {_listed(facts.get('unexpected'))}"
        case "falseSchema":
            return "is a member that the schema does not know"
        case "uniqueItems":
            return "two items are equal"
    if keyword in _COMBINING:
        return "fits none, or more than the allowed one, of the forms that the schema knows"
    return f"violates the schema's {keyword!r}"


def _listed(options: Any) -> str:
    if not isinstance(options, list | tuple):
        return str(options)[:200]
    shown = ", ".join(str(option)[:40] for option in options[:_MAX_OPTIONS])
    rest = len(options) - _MAX_OPTIONS
    return f"{shown} and {rest} more" if rest > 0 else shown


def _refuse_to_fetch(uri: str) -> Any:
    raise ValueError(f"schema {uri} is not on board")
