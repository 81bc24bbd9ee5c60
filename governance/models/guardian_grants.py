"""Grants on one record: the only place that knows django-guardian."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, Field, Model, QuerySet, UUIDField
from django.db.models.functions import Cast
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

from governance.models.governed import Governed
from governance.models.people import User

M = TypeVar("M", bound=Model)


def _codename(model: type[Model], verb: str) -> str:
    """Map the verb of an act to Django's permission: reading is ``view``, the rest ``change``."""
    return f"{'view' if verb == 'read' else 'change'}_{model._meta.model_name}"


def _user_id(subject: str) -> str | None:
    kind, _, key = subject.partition(":")
    return key if kind == "user" else None


def give(user: User, verb: str, obj: Governed) -> None:
    assign_perm(_codename(type(obj), verb), user, obj)


def take(user: User, verb: str, obj: Governed) -> None:
    remove_perm(_codename(type(obj), verb), user, obj)


def all_given() -> Iterator[tuple[User, str, str]]:
    """Yield everybody's rights on single records: user, codename, reference of the record."""
    rows = UserObjectPermission.objects.select_related("user", "permission", "content_type")
    for row in rows.order_by("pk").iterator(chunk_size=2000):
        kind = row.content_type
        yield row.user, row.permission.codename, f"{kind.app_label}.{kind.model}:{row.object_pk}"


def on_record(obj: Governed, verb: str) -> list[User]:
    """Return those active people who were given ``verb`` on exactly this record, by name."""
    rows = UserObjectPermission.objects.filter(
        content_type=ContentType.objects.get_for_model(type(obj)),
        object_pk=str(obj.pk),
        permission__codename=_codename(type(obj), verb),
        user__is_active=True,
    )
    return [row.user for row in rows.select_related("user").order_by("user__name", "user")]


def _rows(subject: str, model: type[Model], verb: str) -> QuerySet[Model]:
    content_type = ContentType.objects.get_for_model(model)
    rows: QuerySet[Model] = UserObjectPermission.objects.filter(
        user_id=_user_id(subject),
        content_type=content_type,
        permission__codename=_codename(model, verb),
    )
    return rows


def holds(subject: str, verb: str, obj: Governed) -> bool:
    """Say whether ``subject`` was given ``verb`` on exactly this record."""
    if _user_id(subject) is None or obj.pk is None:
        return False
    return _rows(subject, type(obj), verb).filter(object_pk=str(obj.pk)).exists()


def held(wanted: Iterable[tuple[str, str, Governed]]) -> set[tuple[str, str, str]]:
    """Return which of ``wanted`` (subject, verb, record) were given, the record as reference.

    One query, however many are asked.
    """
    sought: dict[tuple[str, int, str, str], set[tuple[str, str, str]]] = {}
    for subject, verb, obj in wanted:
        user = _user_id(subject)
        if user is not None and obj.pk is not None:
            content_type = ContentType.objects.get_for_model(type(obj)).pk
            codename = _codename(type(obj), verb)
            # Several verbs share one codename, so one row may answer several questions.
            row = (user, content_type, codename, str(obj.pk))
            sought.setdefault(row, set()).add((subject, verb, obj.ref))
    if not sought:
        return set()
    users, types, names, keys_ = (set(column) for column in zip(*sought, strict=True))
    rows = UserObjectPermission.objects.filter(
        user_id__in=users,
        content_type__in=types,
        permission__codename__in=names,
        object_pk__in=keys_,
    ).values_list("user_id", "content_type", "permission__codename", "object_pk")
    found: set[tuple[str, str, str]] = set()
    for user_id, *rest in rows:
        found |= sought.get((str(user_id), *rest), set())
    return found


def keys(subject: str, verb: str, model: type[Model]) -> QuerySet[Model, Any] | None:
    """Return the keys given one by one as a subquery; None for service actors."""
    if _user_id(subject) is None:
        return None
    key: Field[object, object] = (
        UUIDField() if isinstance(model._meta.pk, UUIDField) else BigIntegerField()
    )
    rows = _rows(subject, model, verb).annotate(key=Cast("object_pk", key))
    found: QuerySet[Model, Any] = rows.values("key")
    return found
