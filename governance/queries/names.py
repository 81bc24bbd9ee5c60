"""Names of what references point to: one query for any number of them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import CharField, Model, QuerySet, TextField, Value
from django.db.models.functions import Cast

from governance.domain.narration import Named
from governance.domain.references import parse
from governance.models import Site, User

_COLUMNS = ("name", "title")
_LONGEST = 120


def named(refs: Iterable[str]) -> dict[str, Named]:
    """Return each reference with its name; those of no record, or of one without, stay bare.

    People are ``user:<uuid>`` and scopes ``site:<slug>``, as the log writes them.
    """
    wanted = {ref for ref in refs if ref}
    groups: dict[tuple[type[Model], str, str, str], list[Any]] = defaultdict(list)
    found = {ref: Named(ref, _plain(ref), _kind(ref)) for ref in wanted}
    for ref in wanted:
        place = _place(ref)
        if place is not None:
            model, prefix, key_column, name_column, key = place
            groups[model, prefix, key_column, name_column].append(key)
    parts = [_part(*group, keys) for group, keys in sorted(groups.items(), key=_order)]
    if parts:
        rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
        for prefix, key, name in rows:
            ref = f"{prefix}:{key}"
            if name and ref in found:
                found[ref] = replace(found[ref], name=str(name)[:_LONGEST])
    return found


def name(ref: str) -> str:
    """Return the name of one reference, empty for an empty one."""
    return named([ref])[ref].text if ref else ""


def _order(group: tuple[tuple[type[Model], str, str, str], list[Any]]) -> str:
    return group[0][1]


def _part(
    model: type[Model], prefix: str, key_column: str, name_column: str, keys: list[Any]
) -> "QuerySet[Any, Any]":
    rows = model._default_manager.filter(**{f"{key_column}__in": keys}).order_by()
    found: QuerySet[Any, Any] = rows.annotate(
        ref_prefix=Value(prefix, CharField()),
        ref_key=Cast(key_column, TextField()),
        ref_name=Cast(name_column, TextField()),
    ).values_list("ref_prefix", "ref_key", "ref_name")
    return found


def _plain(ref: str) -> str:
    """Return words for what is no record."""
    kind, _, key = ref.partition(":")
    words = {"service": f"Service {key}", "db": f"Database role {key}"}
    whole = {"anonymous": "Somebody not signed in", "*": "everywhere", "own": "our own"}
    return words.get(kind, whole.get(ref, "")) if kind != ref else whole.get(ref, "")


def _kind(ref: str) -> str:
    """Return what records of this type are called."""
    try:
        model: type[Model] = apps.get_model(parse(ref).type)
    except (ValueError, LookupError):
        return ""
    return str(model._meta.verbose_name)


def _place(ref: str) -> tuple[type[Model], str, str, str, Any] | None:
    kind, _, key = ref.partition(":")
    if kind == "site":
        return Site, "site", "slug", "name", key
    model: type[Model] | None
    if kind == "user":
        model, prefix = User, "user"
    else:
        try:
            prefix = parse(ref).type
            model = apps.get_model(prefix)
        except (ValueError, LookupError):
            return None
    columns = {field.name for field in model._meta.concrete_fields}
    name = next((column for column in _COLUMNS if column in columns), None)
    if name is None:
        return None
    try:
        value = model._meta.pk.to_python(key)
    except ValidationError:
        return None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return None
    return model, prefix, "pk", name, value
