"""Assets and partners that incidents name: who they are, and finding them by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from catalog.domain.labels import Level
from catalog.models import Asset
from catalog.permissions import Act as CatalogAct
from governance import access
from governance.domain.actor import Actor
from partners.queries import partners as readable_partners

ASSET, PARTNER = "catalog.asset", "partners.partner"
KNOWN = (ASSET, PARTNER)
FOUND = 6


@dataclass(frozen=True, slots=True)
class Thing:
    """What its own app says of a reference, as far as somebody may see it."""

    target: str
    name: str
    url: str
    facts: tuple[str, ...]


def facts(targets: Iterable[str], *, to: Actor, at: datetime) -> dict[str, Thing]:
    """Return what ``to`` may see of ``targets``, with one query for each kind."""
    keys: dict[str, list[str]] = {kind: [] for kind in KNOWN}
    for target in targets:
        kind, _, key = target.partition(":")
        if kind in keys:
            keys[kind].append(key)
    found: list[Thing] = []
    if assets := [int(key) for key in keys[ASSET] if key.isdecimal() and len(key) < 19]:
        found += _assets(Q(pk__in=assets), to=to, at=at)
    if partners := [key for key in keys[PARTNER] if _is_uuid(key)]:
        found += _partners(Q(pk__in=partners), to=to, at=at)
    return {thing.target: thing for thing in found}


def find(text: str, *, to: Actor, at: datetime) -> list[Thing]:
    """Return what ``text`` may mean, at most six: a reference, else a name, else a part of it."""
    text = text.strip().replace("\0", "")
    if not text:
        return []
    if text.partition(":")[0] in KNOWN:
        return list(facts([text], to=to, at=at).values())
    for lookup in ("iexact", "icontains"):
        named = Q(**{f"name__{lookup}": text})
        full = named | Q(**{f"fqn__{lookup}": text})
        found = [
            *_assets(full, to=to, at=at, limit=FOUND),
            *_partners(named, to=to, at=at, limit=FOUND),
        ]
        if found:
            return found[:FOUND]
    return []


def _assets(condition: Q, *, to: Actor, at: datetime, limit: int | None = None) -> list[Thing]:
    live = Asset.objects.filter(condition, gone_at=None)
    rows = access.visible(live, to=to, act=CatalogAct.ASSET_READ, at=at)
    things = []
    for key, kind, fqn, level, personal, owner, site in rows.order_by("fqn").values_list(
        "pk", "kind", "fqn", "level", "is_personal", "owner__name", "site__name"
    )[:limit]:
        label = "unclassified" if level is None else Level(level).slug
        said = (
            f"{kind}, {label}{', personal data' if personal else ''}",
            f"owner {owner}" if owner else "nobody owns it",
            site or "",
        )
        url = reverse("catalog:asset", args=[key])
        things.append(Thing(f"{ASSET}:{key}", fqn, url, tuple(filter(None, said))))
    return things


def _partners(condition: Q, *, to: Actor, at: datetime, limit: int | None = None) -> list[Thing]:
    # As on the partners' own pages: whoever reads a product of theirs may name them.
    rows = readable_partners(to=to, at=at).filter(condition)
    return [
        Thing(
            party,
            name,
            "",
            (f"partner, {tier}", f"security contact {contact}" if contact else "no contact"),
        )
        for party, name, tier, contact in rows.order_by("name").values_list(
            "party", "name", "tier", "contact"
        )[:limit]
    ]


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
