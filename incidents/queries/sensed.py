"""Which assets and sites the words of sensors mean."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import F, Q
from django.db.models.functions import Lower

from catalog.domain.labels import Level
from catalog.models import Asset
from governance.models import Site
from incidents.models import AssetName

ASSET = "catalog.asset"


@dataclass(frozen=True, slots=True)
class Place:
    """An asset as an alert needs it."""

    asset: str
    site: int | None
    is_restricted: bool
    criticality: int | None


def assets(names: Collection[str]) -> dict[str, Place]:
    """Return the asset that each name means, by its lower case.

    A name stated here comes first, then a reference, the full name, and the plain name where one
    live asset alone bears it. A name that several bear means none of them.
    """
    wanted = {name.casefold() for name in names if name}
    if not wanted:
        return {}
    stated = dict(AssetName.objects.filter(name__in=wanted).values_list("name", "asset"))
    named = {name: key for name, target in stated.items() if (key := _key(target))}
    named |= {name: key for name in wanted if name not in named and (key := _key(name))}
    rows = (
        Asset.objects.live()
        .annotate(small=Lower("name"), whole=Lower("fqn"))
        .filter(Q(pk__in=set(named.values())) | Q(small__in=wanted) | Q(whole__in=wanted))
        .exclude(kind="column")
        .order_by("pk")
        .values_list("pk", "small", "whole", "site_id", "level", "criticality")[:10_000]
    )
    places: dict[int, Place] = {}
    whole: dict[str, int] = {}
    plain: dict[str, list[int]] = {}
    for key, small, full, site, level, criticality in rows:
        restricted = level is not None and level >= Level.RESTRICTED
        places[key] = Place(f"{ASSET}:{key}", site, restricted, criticality)
        whole.setdefault(full, key)
        plain.setdefault(small, []).append(key)
    found: dict[str, Place] = {}
    for name in wanted:
        alone = plain.get(name, [])
        key = named.get(name) or whole.get(name) or (alone[0] if len(alone) == 1 else 0)
        if key in places:
            found[name] = places[key]
    return found


def of_references(references: Collection[str]) -> dict[str, Place]:
    """Return what alerts need of assets that are known by reference."""
    found = assets(references)
    return {place.asset: place for place in found.values()}


def sites(slugs: Collection[str]) -> Mapping[str, int]:
    """Return the keys of the sites by slug."""
    return dict(Site.objects.filter(slug__in=slugs).values_list("slug", F("pk")))


def _key(text: str) -> int:
    kind, _, key = text.partition(":")
    return int(key) if kind == ASSET and key.isascii() and key.isdecimal() and len(key) < 19 else 0
