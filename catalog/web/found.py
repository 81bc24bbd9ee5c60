"""The asset that an address names."""

from django.http import HttpRequest

from catalog.models import Asset
from catalog.permissions import Act
from governance import access
from governance.board import when, who
from governance.errors import NotFound

ANCESTORS = tuple("__".join(["parent"] * depth) for depth in range(1, 6))


def asset(request: HttpRequest, pk: int) -> Asset:
    """Return the asset ``pk`` with all that stands above it.

    Raises:
        NotFound: there is none, or none for the reader.
    """
    rows = access.visible(
        Asset.objects.filter(pk=pk), to=who(request), act=Act.ASSET_READ, at=when(request)
    )
    found: Asset | None = rows.select_related(
        "system",
        "site",
        "owner",
        "technical_owner",
        "steward",
        "retention",
        "zone",
        *ANCESTORS,
    ).first()
    if found is None:
        raise NotFound("There is no such asset, or none for you.")
    return found
