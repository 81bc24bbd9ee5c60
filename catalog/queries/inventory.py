"""What a sheet of the inventory is held against: assets as it shows them, and what cells name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Lower

from catalog.domain.assets import OWN_KEY
from catalog.domain.inventory import STATED, Line
from catalog.domain.labels import Level
from catalog.models import Asset, LabelAssertion, RetentionRule, Zone
from catalog.permissions import Act
from governance import access
from governance.domain.actor import Actor
from governance.models import GovernedSystem, Site, User, UserKind

Row = dict[str, Any]


def shown(rows: QuerySet[Asset]) -> Iterator[Row]:
    """Yield ``rows`` by name as a sheet shows them; keys that begin with ``_`` are for readers."""
    found: Any = rows.order_by("fqn", "pk").values(
        "id",
        "kind",
        "criticality",
        "description",
        _level=F("level"),
        _system=F("system_id"),
        _site=F("site_id"),
        _source_key=F("source_key"),
        full_name=F("fqn"),
        **{f"_{name}": F(f"{name}_id") for name in ("owner", "technical_owner", "zone")},
        **{f"_stated_{name}": F(f"stated_{name}_id") for name in STATED},
        **{f"_{name}_slug": F(f"{name}__slug") for name in ("system", "site", "zone", "retention")},
        **{
            f"_{name}_mail": F(f"{name}__email") for name in ("owner", "technical_owner", "steward")
        },
    )
    for row in found:
        level = row["_level"]
        yield {
            **row,
            **{name: row[f"_{name}_slug"] for name in ("system", "site", "zone", "retention")},
            **{name: row[f"_{name}_mail"] for name in ("owner", "technical_owner", "steward")},
            "level": "" if level is None else Level(level).slug,
            "_own": row["_source_key"].startswith(OWN_KEY),
        }


@dataclass(slots=True)
class Facts:
    """Everything that judging a sheet asks for, read in a number of queries that its length
    does not change; questions to the policy are asked once for each site.
    """

    by: Actor
    at: datetime
    current: dict[int, Row]
    named: dict[str, list[Row]]
    """Live assets that may be seen, by full name."""
    systems: dict[str, GovernedSystem]
    people: dict[str, User]
    sites: dict[str, Site]
    zones: dict[str, list[Zone]]
    rules: dict[str, RetentionRule]
    assignable: set[int]
    describable: set[int]
    _allowed: dict[tuple[object, ...], bool] = field(default_factory=dict)

    def may_label(self, row: Row) -> bool:
        """Whether one may decide about labels where the asset of ``row`` stands."""
        asset = Asset(system_id=row["_system"], site_id=row["_site"])
        return self._asked(Act.LABEL_DECIDE, row["_site"], LabelAssertion(asset=asset))

    def may_add(self, system: GovernedSystem, site: int | None, kind: str) -> bool:
        """Whether one may list an asset of ``kind`` at ``site``."""
        probe = Asset(system=system, site_id=site or system.site_id, kind=kind)
        return self._asked(Act.ASSET_ADD, (probe.site_id, kind), probe)

    def may_act_at(self, act: Act, site: int | None) -> bool:
        """Whether one may do ``act`` to assets at ``site``."""
        return self._asked(act, site, Asset(site_id=site))

    def may_change(self, zone: Zone) -> bool:
        """Whether one may put assets into ``zone``."""
        return self._asked(Act.ZONE_WRITE, zone.pk, zone)

    def _asked(self, act: Act, key: object, probe: Any) -> bool:
        known = self._allowed.get((act, key))
        if known is None:
            known = access.allows(self.by, act, probe, at=self.at)
            self._allowed[act, key] = known
        return known


def facts(
    lines: Iterable[Line], ids: set[int], names: set[str], *, by: Actor, at: datetime
) -> Facts:
    """Read what ``lines`` are held against: assets by key and by full name, as ``by`` sees them."""

    def cells(*columns: str) -> set[str]:
        words = (line.cells.get(name, "").strip().lower() for line in lines for name in columns)
        # What no name can be is not asked about; the database takes no NUL.
        return {word for word in words if word and len(word) < 300 and "\0" not in word}

    lines = list(lines)
    live = access.visible(Asset.objects.live(), to=by, act=Act.ASSET_READ, at=at)
    current = {row["id"]: row for row in shown(live.filter(pk__in=ids))}
    named: dict[str, list[Row]] = {}
    for row in shown(live.filter(fqn__in=names)) if names else ():
        named.setdefault(row["full_name"], []).append(row)
    keys = [*current, *(row["id"] for rows in named.values() for row in rows)]
    among = Asset.objects.filter(pk__in=keys)
    mails = cells("owner", "technical_owner", "steward")
    people = User.objects.annotate(mail=Lower("email")).filter(
        mail__in=mails, kind=UserKind.PERSON, is_active=True, party=""
    )
    zones: dict[str, list[Zone]] = {}
    for zone in Zone.objects.filter(slug__in=cells("zone"), gone_at=None).select_related("site"):
        zones.setdefault(zone.slug, []).append(zone)
    return Facts(
        by,
        at,
        current,
        named,
        {one.slug: one for one in GovernedSystem.objects.filter(slug__in=cells("system"))},
        {str(one.email).lower(): one for one in people},
        {one.slug: one for one in Site.objects.all()},
        zones,
        {one.slug: one for one in RetentionRule.objects.filter(slug__in=cells("retention"))},
        _allowed_keys(among, Act.ASSET_ASSIGN, by=by, at=at),
        _allowed_keys(among, Act.ASSET_DESCRIBE, by=by, at=at),
    )


def _allowed_keys(rows: QuerySet[Asset], act: Act, *, by: Actor, at: datetime) -> set[int]:
    allowed = access.visible(rows, to=by, act=act, at=at)
    return set(allowed.order_by().values_list("pk", flat=True))
