"""Constraints of enforcement points and of the directory, each broken once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from governance.models import DirectoryHead, EnforcementPoint, Entity, EntityType
from tests.builders.governance import NOW

pytestmark = pytest.mark.django_db


def a_point(slug: str = "gateway", **over: Any) -> EnforcementPoint:
    fields = {
        "slug": slug,
        "name": slug,
        "credential": "key",
        "digest": "0" * 64,
        "created_at": NOW,
        "created_by": "service:operator",
    }
    return EnforcementPoint.objects.create(**{**fields, **over})


def an_issuer(slug: str) -> EnforcementPoint:
    told = {"issuer": "https://id.example", "audience": "wardroom", "jwks": "id.json"}
    return a_point(slug, credential="issuer", digest="", **told)


def an_entity(**over: Any) -> Entity:
    return Entity.objects.create(**{"kind": "resource", "type": "route", "key": "/", **over})


def a_type(**over: Any) -> EntityType:
    return EntityType.objects.create(**{"kind": "resource", "name": "route", **over})


BREAKING: list[tuple[str, Callable[[], object]]] = [
    ("enforcement_point_has_one_credential", lambda: a_point(issuer="https://id.example")),
    ("enforcement_point_revoked_has_who_and_when", lambda: a_point(revoked_at=NOW)),
    ("enforcement_point_rate_is_positive", lambda: a_point(rate=0)),
    ("enforcement_point_key_is_unique", lambda: [a_point("a"), a_point("b")]),
    ("enforcement_point_issuer_is_trusted_once", lambda: [an_issuer("a"), an_issuer("b")]),
    ("entity_type_kind_is_known", lambda: a_type(kind="verb")),
    ("entity_type_source_is_known", lambda: a_type(source="rumor")),
    ("entity_type_is_declared_once", lambda: [a_type(), a_type()]),
    (
        "entity_type_only_a_resource_has_data",
        lambda: a_type(kind="subject", classified_by="level"),
    ),
    ("entity_kind_is_known", lambda: an_entity(kind="verb")),
    ("entity_only_a_subject_has_roles", lambda: an_entity(roles=["auditor"])),
    ("entity_is_known_once", lambda: [an_entity(), an_entity()]),
    ("directory_head_is_one_row", lambda: DirectoryHead.objects.create(pk=2)),
]


@pytest.mark.parametrize(("name", "break_it"), BREAKING, ids=[name for name, _ in BREAKING])
def test_a_row_that_breaks_a_truth_is_refused(name: str, break_it: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        break_it()
