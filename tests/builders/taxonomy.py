"""Terms of the taxonomy and of the glossary for tests."""

from itertools import count
from typing import Any

from catalog.models import AssetTerm, BusinessTerm, Term
from tests.builders.catalog import NOW, an_asset

_number = count(1)
FIRST, SECOND = (f"user:00000000-0000-0000-0000-00000000000{n}" for n in (1, 2))


def a_term(key: str = "", **over: Any) -> Term:
    number = next(_number)
    key = key or f"x.term_{number}"
    shipped = "own" if "x." in key else "fides"
    fields = {
        "scheme": "data_category",
        "key": key,
        "label": f"Term {number}",
        "origin": shipped,
        "changed_at": NOW,
    }
    return Term.objects.create(**{**fields, **over})


def a_business_term(**over: Any) -> BusinessTerm:
    fields = {
        "name": f"Word {next(_number):03d}",
        "definition": "What it means.",
        "written_by": FIRST,
        "written_at": NOW,
    }
    return BusinessTerm.objects.create(**{**fields, **over})


def approved(**over: Any) -> dict[str, Any]:
    """Return the fields of a term that a second person approved."""
    return {"state": "approved", "approved_by": SECOND, "approved_at": NOW, **over}


def a_link(term: BusinessTerm | None = None, **over: Any) -> AssetTerm:
    fields = {
        "term": term or a_business_term(),
        "asset": over.pop("asset", None) or an_asset(),
        "linked_by": FIRST,
        "linked_at": NOW,
    }
    return AssetTerm.objects.create(**{**fields, **over})
