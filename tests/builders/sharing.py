"""Sharing rules for tests."""

from typing import Any

from catalog.models import SharingRule
from tests.builders.governance import NOW


def a_sharing_rule(**over: Any) -> SharingRule:
    """Return a rule without end for a party that is only a reference."""
    fields = {
        "party_ref": "partners.partner:7",
        "what": "alarms",
        "purpose": "maintenance",
        "valid_from": NOW,
        "agreed_by": "service:operator",
    }
    assets = over.pop("assets", ())
    row = SharingRule.objects.create(**{**fields, **over})
    row.assets.set(assets)
    return row
