"""Grants on one record: the only place that knows django-guardian."""

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
