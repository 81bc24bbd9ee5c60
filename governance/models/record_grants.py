"""Grants on one record, as the policy asks for them: those of the register, and guardian's rows.

A grant of the register ends at its instant in every process, because each decision asks here
with its own instant. Rows of django-guardian know no end.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import BigIntegerField, Case, Field, Model, QuerySet, UUIDField, Value, When
from django.db.models.functions import Cast, Substr

from governance.models import guardian_grants
from governance.models.governed import Governed
from governance.models.grant import Grant

M = TypeVar("M", bound=Governed)


def _verb(act: str) -> str:
    return act.rpartition(":")[2]


def _user_id(subject: str) -> UUID | None:
    kind, _, key = subject.partition(":")
    return UUID(key) if kind == "user" else None


def holds(subject: str, act: str, obj: Governed, *, at: datetime) -> bool:
    """Say whether ``subject`` was given ``act`` on exactly this record, for this instant."""
    user = _user_id(subject)
    if user is None or obj.pk is None:
        return False
    if guardian_grants.holds(subject, _verb(act), obj):
        return True
    return Grant.objects.in_force(at).filter(grantee=user, act=act, resource=obj.ref).exists()


def held(wanted: Iterable[tuple[str, str, Governed]], *, at: datetime) -> set[tuple[str, str, str]]:
    """Return which of ``wanted`` (subject, act, record) are given, the record as reference.

    Two queries, however many are asked.
    """
    asked = [(subject, act, obj) for subject, act, obj in wanted if _user_id(subject)]
    if not asked:
        return set()
    verbs = guardian_grants.held((subject, _verb(act), obj) for subject, act, obj in asked)
    found = {
        (subject, act, obj.ref)
        for subject, act, obj in asked
        if (subject, _verb(act), obj.ref) in verbs
    }
    rows = Grant.objects.in_force(at).filter(
        grantee__in={_user_id(subject) for subject, _, _ in asked},
        act__in={act for _, act, _ in asked},
        resource__in={obj.ref for _, _, obj in asked},
    )
    given = rows.values_list("grantee", "act", "resource")
    return found | {(f"user:{user}", act, ref) for user, act, ref in given}


def keys(
    subject: str, act: str, model: type[M], *, at: datetime
) -> tuple[QuerySet[Model, Any], ...]:
    """Return the keys given one by one as subqueries; none for service actors."""
    given = guardian_grants.keys(subject, _verb(act), model)
    user = _user_id(subject)
    if given is None or user is None:
        return ()
    prefix = f"{model.resource_type()}:"
    key: Field[object, object] = (
        UUIDField() if isinstance(model._meta.pk, UUIDField) else BigIntegerField()
    )
    # The planner may compute a cast before it has filtered: other types' keys are no numbers.
    own = When(resource__startswith=prefix, then=Substr("resource", len(prefix) + 1))
    rows: QuerySet[Model, Any] = (
        Grant.objects.in_force(at)
        .filter(grantee=user, act=act, resource__startswith=prefix)
        .order_by()
        .annotate(key=Cast(Case(own, default=Value(None)), key))
        .values("key")
    )
    return given, rows
