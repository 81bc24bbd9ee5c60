"""Each constraint of trusted keys refuses the row that would break its truth."""

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from governance.domain.actor import Actor
from incidents.models import Signee

pytestmark = pytest.mark.django_db
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("signee_is_trusted_once", {}),
    ("signee_has_a_name_and_a_reason", {"name": ""}),
    ("signee_has_a_name_and_a_reason", {"reason": ""}),
    ("signee_is_a_thumbprint", {"thumbprint": "+" * 43}),
    ("signee_end_has_who_and_when", {"ended_by": "user:1"}),
]


@pytest.mark.parametrize(("constraint", "fields"), ROWS)
def test_the_database_refuses(
    constraint: str, fields: dict[str, Any], commander: Actor, at: datetime
) -> None:
    sound = {
        "name": "x", "thumbprint": "a" * 43, "reason": "x", "trusted_by": "user:1",
        "trusted_at": at,
    }  # fmt: skip
    Signee.objects.create(**sound)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Signee.objects.create(**{**sound, "thumbprint": "b" * 43 if fields else "a" * 43, **fields})
