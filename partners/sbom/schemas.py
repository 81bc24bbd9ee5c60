"""CycloneDX JSON documents against the published schemas, a slice at a time, offline.

The schema files are those that cyclonedx-python-lib ships; 1.2 and 1.3 in their strict form. The
validator's ``iter_errors`` builds every error before it yields the first, so nothing large that is
already known to be wrong is ever given to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import cyclonedx.schema
import jsonschema_rs

from partners.domain.sboms import Code, Defect

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")

_STRICT = ("1.2", "1.3")
_FOLDER = Path(cyclonedx.schema.__file__).parent / "_res"
_BASE = "http://cyclonedx.org/schema/"
_SIBLINGS = (
    "spdx.SNAPSHOT.schema.json",
    "jsf-0.82.SNAPSHOT.schema.json",
    "cryptography-defs.SNAPSHOT.schema.json",
)
_LARGE = 64 * 2**10
_MAX_OPTIONS = 12


class Checker:
    """The compiled schema of one CycloneDX version."""

    def __init__(self, version: str) -> None:
        schema = _load(f"bom-{version}{'-strict' if version in _STRICT else ''}.SNAPSHOT")
        # Under an absolute id of our own the siblings resolve, and nothing is ever fetched.
        whole = {**schema, "$id": f"{_BASE}bom-{version}.schema.json"}
        registry = jsonschema_rs.Registry(
            [
                (whole["$id"], whole),
                *((_BASE + name, _sibling(name)) for name in _SIBLINGS),
            ],
            draft=jsonschema_rs.Draft7,
            retriever=_refuse_to_fetch,
        )
        self.document = _compile(whole, registry)
        self.component = Item(f"{whole['$id']}#/definitions/component", registry)
        self.dependency = Item(f"{whole['$id']}#/definitions/dependency", registry)


class Item:
    """The compiled part of a schema for one item of a list, and for some of them at once."""

    def __init__(self, reference: str, registry: jsonschema_rs.Registry) -> None:
        one = {"$ref": reference}
        self.one = _compile(one, registry)
        self.several = _compile({"type": "array", "items": one}, registry)


@cache
def checker(version: str) -> Checker:
    """Return the compiled schema of a supported ``version`` (8 ms the first time)."""
    return Checker(version)


def defects(
    validator: jsonschema_rs.Draft7Validator, value: Any, *, prefix: str, size: int
) -> Iterator[Defect]:
    """Yield what is wrong with ``value``, which is already known to be invalid.

    ``prefix`` is the pointer of ``value`` in its document, ``size`` its length in bytes: of a
    large value only the first fault is looked for.
    """
    if size <= _LARGE:
        for error in validator.iter_errors(value):
            yield _defect(error, prefix)
        return
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        yield _defect(error, prefix)


def pointer(*parts: str | int) -> str:
    """Return the RFC 6901 pointer of ``parts``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _defect(error: jsonschema_rs.ValidationError, prefix: str) -> Defect:
    keyword = error.kind.name
    return Defect(
        Code.SCHEMA,
        (prefix + pointer(*error.instance_path))[:500],
        _expectation(keyword, error.kind.as_dict()),
        f"See the CycloneDX schema at {pointer(*error.schema_path)[:200]}.",
    )


def _expectation(keyword: str, facts: Mapping[str, Any]) -> str:
    """Say what the schema expects, from the schema's own facts and never from the instance."""
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
        case "additionalProperties":
            return "has a member that the schema does not know"
        case "uniqueItems":
            return "two items are equal"
        case "oneOf" | "oneOfMultipleValid" | "oneOfNotValid" | "anyOf":
            return "fits none, or more than the allowed one, of the forms that the schema knows"
    return f"violates the schema's {keyword!r}"


def _listed(options: Any) -> str:
    if not isinstance(options, list):
        return str(options)[:200]
    shown = ", ".join(str(option)[:40] for option in options[:_MAX_OPTIONS])
    rest = len(options) - _MAX_OPTIONS
    return f"{shown} and {rest} more" if rest > 0 else shown


def _compile(schema: Any, registry: jsonschema_rs.Registry) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(schema, registry=registry, validate_formats=True)


def _load(stem: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((_FOLDER / f"{stem}.schema.json").read_text("utf-8"))
    return schema


def _sibling(name: str) -> dict[str, Any]:
    return {**_load(name.removesuffix(".schema.json")), "$id": _BASE + name}


def _refuse_to_fetch(uri: str) -> Any:
    raise ValueError(f"schema {uri} is not on board")
