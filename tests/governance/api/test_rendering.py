"""Answers as JSON: every value that an interface tells has one form."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.utils.serializer_helpers import ReturnDict

from governance.api.rendering import JSON


def test_values_of_every_kind_are_told() -> None:
    told = JSON().render(
        {
            "at": datetime(2026, 1, 2, 3, 4, 5, 600_007, tzinfo=UTC),
            "amount": Decimal("1.50"),
            "key": UUID(int=7),
            "word": gettext_lazy("lazy"),
            "some": (one for one in (1, 2)),
            "row": ReturnDict({"a": None}, serializer=None),
        }
    )
    assert json.loads(told) == {
        "at": "2026-01-02T03:04:05.600007Z",
        "amount": "1.50",
        "key": str(UUID(int=7)),
        "word": "lazy",
        "some": [1, 2],
        "row": {"a": None},
    }


def test_what_has_no_form_is_no_null() -> None:
    with pytest.raises(NotImplementedError, match="object has no form in JSON"):
        JSON().render({"a": object()})


def test_no_data_is_no_body_and_whoever_asks_gets_indents() -> None:
    assert JSON().render(None) == b""
    assert JSON().render({"a": 1}, "application/json; indent=2") == b'{\n  "a": 1\n}'
