"""Listing by hand what no harvest finds; no harvest buries it either."""

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import groupby
from uuid import uuid4

from django.db import transaction

from catalog.actions import reconciling, settling
from catalog.actions.scopes import require_all
from catalog.domain.assets import OWN_KEY, AssetKind, may_stand_in
from catalog.domain.inventory import Made
from catalog.models import Asset
from catalog.permissions import Act
from governance import audit
from governance.domain import fqn
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import GovernedSystem


class Misplaced(Refused):
    """An asset of this kind may not stand there."""

    code = "asset_misplaced"


class AlreadyListed(Conflict):
    """A live asset of the system has this full name."""

    code = "asset_already_listed"


@transaction.atomic
def add(
    items: Collection[Made], *, reason: str = "", by: Actor, at: datetime
) -> dict[tuple[int, str], int]:
    """List ``items``; return their keys by system and full name.

    An item may stand in another one of the same call. What it inherits, it has at once.

    Raises:
        NotAllowed: ``by`` may not add an asset where one of them stands; then none is listed.
        AlreadyListed: there is such an asset.
        Misplaced: what is to hold one of them is not there, or may not hold its kind.
    """
    ids: dict[tuple[int, str], int] = {}
    ordered = sorted(items, key=lambda one: (one.system, len(one.path), one.path))
    for key, theirs in groupby(ordered, key=lambda one: one.system):
        system = GovernedSystem.objects.select_related("site").get(pk=key)
        added = _add(system, list(theirs), at=at)
        ids |= {(key, name): asset for name, asset in added.items()}
        settling.inherit(key)
        # Asked when it is known what they inherit: conditions of the policy may read it.
        require_all(by, Act.ASSET_ADD, Asset.objects.filter(pk__in=added.values()), at=at)
        audit.record(
            by=by,
            act=Act.ASSET_ADD,
            ref=f"catalog.asset:{next(iter(added.values()))}" if len(added) == 1 else system.ref,
            at=at,
            assets=len(added),
            reason=reason or None,
        )
    return ids


def _add(system: GovernedSystem, items: list[Made], *, at: datetime) -> dict[str, int]:
    live = Asset.objects.live().filter(system=system)
    known = live.filter(fqn__in=[one.fqn for one in items]).first()
    if known is not None:
        raise AlreadyListed(f"{known} is listed already.")
    root = reconciling.root_of(system, at=at)
    homes = _homes(system, items)
    added: dict[str, int] = {}
    for _, level in groupby(items, key=lambda one: len(one.path)):
        rows = []
        for one in level:
            above = fqn.joined(*one.path[:-1]) if len(one.path) > 1 else ""
            home = homes.get(above) if above else root
            if home is None:
                raise Misplaced(f"Nothing called {above} is there to hold {one.fqn}.")
            if not may_stand_in(AssetKind(one.kind), AssetKind(home.kind)):
                raise Misplaced(f"A {home.kind} does not hold a {one.kind}: {one.fqn}.")
            rows.append(_row(system, one, home, at))
        for row in Asset.objects.bulk_create(rows, batch_size=1000):
            homes[row.fqn] = row
            added[row.fqn] = row.pk
    return added


def _homes(system: GovernedSystem, items: Iterable[Made]) -> dict[str, Asset]:
    """Return the live assets that may hold ``items``, by full name."""
    names = {fqn.joined(*one.path[:-1]) for one in items if len(one.path) > 1}
    rows = Asset.objects.live().filter(system=system, fqn__in=names).select_related("site")
    return {row.fqn: row for row in rows}


def _row(system: GovernedSystem, item: Made, home: Asset, at: datetime) -> Asset:
    return Asset(
        system=system,
        parent=home,
        kind=item.kind,
        name=item.path[-1],
        fqn=item.fqn,
        source_key=f"{OWN_KEY}{uuid4().hex}",
        fingerprint="",
        site_id=home.site_id or system.site_id,
        first_seen_at=at,
    )
