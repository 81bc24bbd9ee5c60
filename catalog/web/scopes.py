"""The places in a system that access can be asked to: tables, views, schemas and columns."""

from datetime import datetime

from catalog.models import Asset
from catalog.permissions import Act
from catalog.web import granted
from governance import access
from governance.domain import fqn
from governance.domain.actor import Actor

KINDS = ("database", "schema", "table", "view")
MOST = 1000


def knows(system: int) -> bool:
    """Say whether anything of the system was harvested on which rights are given."""
    return Asset.objects.live().filter(system=system, kind__in=KINDS).exists()


def has(system: int, scope: str) -> bool:
    """Say whether ``scope`` names something there: as grants do, or a column of a table."""
    if granted.located(system, scope):
        return True
    columns = Asset.objects.live().filter(system=system, kind="column", fqn__endswith=f".{scope}")
    return any(fqn.joined(*fqn.split(one.fqn)[1:]) == scope for one in columns[:20])


def visible(system: int, to: Actor, at: datetime) -> list[str]:
    """Return the scopes of what ``to`` may read there, by name; columns are not listed."""
    rows = access.visible(
        Asset.objects.live().filter(system=system, kind__in=KINDS),
        to=to,
        act=Act.ASSET_READ,
        at=at,
    )
    found = (granted.scope_of(one) for one in rows.order_by("fqn")[:MOST])
    return [scope for scope in found if scope]
