"""Naming who reviews what in a new campaign, by group of assets, and who has none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from governance import access, notices
from governance.domain.ranks import LEVELS
from governance.models import Absence, AccessReview, AccessReviewItem, GovernedSystem, Site, User
from governance.permissions import Act
from governance.queries import resources
from governance.queries.resources import Facts


@dataclass(frozen=True, slots=True)
class _Place:
    """A group of assets within a system, and what is known of what lies in it."""

    system: GovernedSystem
    asset_group: str
    level: str
    people: tuple[User, ...]
    """Who answers for it, first the one whose turn it is."""


def name(review: AccessReview, *, at: datetime) -> None:
    """Give each group of assets a class, where none is known, and its items a reviewer."""
    site = review.site
    spare = (
        *notices.holders("data_owner", site=site, at=at).order_by("name", "pk"),
        *notices.holders("board_member", site=site, at=at).order_by("name", "pk"),
    )
    able: dict[object, bool] = {}
    asked = AccessReviewItem(review=review)
    for place in _places(review, at=at):
        rows = AccessReviewItem.objects.filter(
            review=review, system=place.system, asset_group=place.asset_group
        )
        if place.level:
            rows.filter(level="").update(level=place.level)
        for person in (*place.people, *spare):
            if person.pk not in able:
                able[person.pk] = access.allows(
                    person.as_actor(has_mfa=True), Act.REVIEW_ITEM_DECIDE, asked, at=at
                )
            if able[person.pk]:
                _give(rows, person)


def _give(rows: QuerySet[AccessReviewItem], person: User) -> None:
    """Let ``person`` review what has no reviewer yet and is neither theirs nor given by them."""
    own = Q(holder=person) | Q(given_by__contains=[person.as_actor().ref])
    rows.filter(reviewer=None).exclude(own).update(reviewer=person)


def _places(review: AccessReview, *, at: datetime) -> Iterable[_Place]:
    away = _deputies(review.site, at=at)
    items = AccessReviewItem.objects.filter(review=review)
    systems = GovernedSystem.objects.filter(pk__in=items.values("system")).select_related("owner")
    known = {one.pk: one for one in systems}
    scopes: dict[tuple[int, str], set[str]] = {}
    for system_id, group, several in items.order_by().values_list(
        "system", "asset_group", "scopes"
    ):
        scopes.setdefault((system_id, group), set()).update(several)
    for (system_id, group), inside in sorted(scopes.items()):
        system = known[system_id]
        facts = [_facts(system, scope) for scope in sorted({group, *inside})]
        people = [one.owner for one in facts] + [one.steward for one in facts] + [system.owner]
        level = max((one.level for one in facts if one.level), key=LEVELS.index, default="")
        here = dict.fromkeys(away.get(one.pk, one) for one in people if one and one.is_active)
        yield _Place(system, group, level, tuple(one for one in here if one is not None))


def _facts(system: GovernedSystem, scope: str) -> Facts:
    found = resources.located(system, scope)
    return resources.facts(found) if found else Facts()


def _deputies(site: Site, *, at: datetime) -> Mapping[object, User | None]:
    """Return who stands in for whoever is away from ``site`` now."""
    rows = Absence.objects.in_force(at).filter(site__slug__in=site.path.split("/"))
    return {row.user_id: row.deputy for row in rows.select_related("deputy").order_by("pk")}
