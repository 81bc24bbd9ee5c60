"""Naming who reviews what in a new campaign, by group of assets, and who has none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from governance import access, notices
from governance.domain.ranks import LEVELS
from governance.models import Absence, AccessReview, AccessReviewItem, GovernedSystem, Site, User
from governance.permissions import Act
from governance.postgresql import staging
from governance.queries import resources
from governance.queries.resources import Facts


@dataclass(frozen=True, slots=True)
class _Place:
    """A group of assets within a system, and what is known of what lies in it."""

    system: GovernedSystem
    asset_group: str
    count: int
    level: str
    people: tuple[User, ...]
    """Who answers for it, first the one whose turn it is."""


_CLASSIFY = """
UPDATE access_effective SET level = %(level)s
 WHERE system_id = %(system)s AND asset_group = %(group)s AND level = ''
"""
_GIVE = """
UPDATE access_effective SET reviewer_id = %(person)s
 WHERE system_id = %(system)s AND asset_group = %(group)s AND reviewer_id IS NULL
   AND holder_id IS DISTINCT FROM %(person)s AND NOT %(ref)s = ANY(given_by)
"""
_PLACES = """
SELECT system_id, asset_group, count(DISTINCT (principal, action)), array_agg(DISTINCT scope)
  FROM access_effective CROSS JOIN unnest(scopes) scope GROUP BY 1, 2 ORDER BY 1, 2
"""


def name(review: AccessReview, *, at: datetime) -> None:
    """Give each staged group of assets a class, where none is known, and each item a reviewer.

    Nobody reviews what they hold or gave. What nobody fits stays without a reviewer.
    """
    site = review.site
    spare = (
        *notices.holders("data_owner", site=site, at=at).order_by("name", "pk"),
        *notices.holders("board_member", site=site, at=at).order_by("name", "pk"),
    )
    able: dict[object, bool] = {}
    asked = AccessReviewItem(review=review)
    for place in _places(review, at=at):
        here: dict[str, object] = {"system": place.system.pk, "group": place.asset_group}
        if place.level:
            staging.run(_CLASSIFY, {**here, "level": place.level})
        left = place.count
        for person in dict.fromkeys((*place.people, *spare)):
            if not left:
                break
            if person.pk not in able:
                able[person.pk] = access.allows(
                    person.as_actor(has_mfa=True), Act.REVIEW_ITEM_DECIDE, asked, at=at
                )
            if able[person.pk]:
                left -= _give(here, person)


def _give(here: Mapping[str, object], person: User) -> int:
    ((count,),) = staging.run(_GIVE, {**here, "person": person.pk, "ref": person.as_actor().ref})
    return int(count)


def _places(review: AccessReview, *, at: datetime) -> Iterable[_Place]:
    away = _deputies(review.site, at=at)
    rows = staging.run(_PLACES, {})
    systems = GovernedSystem.objects.filter(pk__in={row[0] for row in rows})
    known = {one.pk: one for one in systems.select_related("owner")}
    for system_id, group, count, inside in rows:
        system = known[system_id]
        facts = [_facts(system, scope) for scope in sorted({group, *inside})]
        people = [one.owner for one in facts] + [one.steward for one in facts] + [system.owner]
        level = max((one.level for one in facts if one.level), key=LEVELS.index, default="")
        here = dict.fromkeys(away.get(one.pk, one) for one in people if one and one.is_active)
        yield _Place(system, group, count, level, tuple(one for one in here if one is not None))


def _facts(system: GovernedSystem, scope: str) -> Facts:
    found = resources.located(system, scope)
    return resources.facts(found) if found else Facts()


def _deputies(site: Site, *, at: datetime) -> Mapping[object, User | None]:
    """Return who stands in for whoever is away from ``site`` now."""
    rows = Absence.objects.in_force(at).filter(site__slug__in=site.path.split("/"))
    return {row.user_id: row.deputy for row in rows.select_related("deputy").order_by("pk")}
