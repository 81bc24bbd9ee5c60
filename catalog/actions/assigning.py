"""Saying whose assets are, where, and in which zone; what stands below them follows."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from catalog.actions import settling
from catalog.actions.scopes import require_all
from catalog.domain.labels import Level
from catalog.errors import NoReason, WrongSite
from catalog.models import Asset, RetentionRule, Zone
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Refused
from governance.models import GovernedSystem, Site, User, UserKind


class NotAnOwner(Refused):
    """An owner is a person of ours whose account is active."""

    code = "not_an_owner"


class OwnersNotSeparate(Refused):
    """Who answers for confidential data does not run their technology too."""

    code = "owners_not_separate"


@transaction.atomic
def own(
    assets: QuerySet[Asset], *, owner: User | None, reason: str = "", by: Actor, at: datetime
) -> int:
    """Make ``owner`` answer for ``assets`` and for what inherits from them; None takes the
    statement back, so that they inherit again. Return how many statements changed.

    Raises:
        NotAllowed: ``by`` may not assign one of them; then none is assigned.
        NotAnOwner: ``owner`` is a service, a partner contact, or has left.
        OwnersNotSeparate: they run the technology of one of them, and it is confidential.
    """
    return _name_person("owner", assets, owner, reason=reason, by=by, at=at)


@transaction.atomic
def run(
    assets: QuerySet[Asset], *, owner: User | None, reason: str = "", by: Actor, at: datetime
) -> int:
    """Make ``owner`` the technical owner of ``assets``, as `own` does the business owner.

    Raises:
        NotAllowed, NotAnOwner: as in `own`.
        OwnersNotSeparate: they answer for one of them already, and it is confidential.
    """
    return _name_person("technical_owner", assets, owner, reason=reason, by=by, at=at)


@transaction.atomic
def tend(
    assets: QuerySet[Asset], *, steward: User | None, reason: str = "", by: Actor, at: datetime
) -> int:
    """Make ``steward`` keep inventory and labels of ``assets``, as `own` does the owner.

    Raises:
        NotAllowed, NotAnOwner: as in `own`.
    """
    return _name_person("steward", assets, steward, reason=reason, by=by, at=at)


@transaction.atomic
def retain(
    assets: QuerySet[Asset],
    *,
    rule: RetentionRule | None,
    reason: str = "",
    by: Actor,
    at: datetime,
) -> int:
    """Keep the data of ``assets``, and of what inherits from them, by ``rule``; None takes the
    statement back. Return how many statements changed.

    Raises:
        NotAllowed: ``by`` may not assign one of them; then none is assigned.
    """
    rows = _chosen(assets)
    require_all(by, Act.ASSET_ASSIGN, rows, at=at)
    count = rows.update(stated_retention=rule)
    word = rule.slug if rule else "inherited"
    _follow(rows, by=by, at=at, retention=word, reason=reason or None)
    return count


@transaction.atomic
def locate(
    assets: QuerySet[Asset], *, site: Site | None, reason: str = "", by: Actor, at: datetime
) -> int:
    """Say at which site ``assets`` stand, with all that stands in them; None takes it back.

    Whoever moves an asset to a site must be allowed to assign there too.

    Raises:
        NotAllowed: ``by`` may not assign one of them, or not at ``site``.
    """
    rows = _chosen(assets)
    require_all(by, Act.ASSET_ASSIGN, rows, at=at)
    if site is not None:
        require(by, Act.ASSET_ASSIGN, Asset(site=site), at=at)
    count = rows.update(stated_site=site)
    _follow(rows, by=by, at=at, site=site.slug if site else "inherited", reason=reason or None)
    return count


@transaction.atomic
def place(
    assets: QuerySet[Asset], *, zone: Zone | None, reason: str, by: Actor, at: datetime
) -> int:
    """Put ``assets`` in ``zone``, with all that stands in them; None takes it back.

    Whoever places an asset must be allowed to change the zone too.

    Raises:
        NotAllowed: ``by`` may not assign one of them, or not change ``zone``.
        NoReason: moving assets across a border says why.
        WrongSite: one of them stands at no site of the zone.
    """
    if not reason.strip():
        raise NoReason("Say why: a zone decides which flows are permitted.")
    rows = _chosen(assets)
    require_all(by, Act.ASSET_ASSIGN, rows, at=at)
    if zone is not None:
        require(by, Act.ZONE_WRITE, zone, at=at)
        stray = rows.exclude(site__in=Site.objects.below(zone.site)).first()
        if stray is not None:
            raise WrongSite(f"{stray} does not stand at {zone.site}, where {zone} is.")
    count = rows.update(stated_zone=zone)
    _follow(rows, by=by, at=at, zone=zone.ref if zone else "inherited", reason=reason)
    return count


def _name_person(
    role: str,
    assets: QuerySet[Asset],
    person: User | None,
    *,
    reason: str,
    by: Actor,
    at: datetime,
) -> int:
    if person is not None and (
        person.kind != UserKind.PERSON or person.is_external or not person.is_active
    ):
        raise NotAnOwner(f"{person} cannot own assets: no active person of ours")
    rows = _chosen(assets)
    require_all(by, Act.ASSET_ASSIGN, rows, at=at)
    before = set(_doubled(person, rows).values_list("pk", flat=True))
    count = rows.update(**{f"stated_{role}": person})
    for system in rows.order_by().values_list("system", flat=True).distinct():
        settling.inherit(system)
    doubled = _doubled(person, rows).exclude(pk__in=before).first()
    if doubled is not None:
        raise OwnersNotSeparate(
            f"{person} would be business and technical owner of {doubled}, which is confidential."
        )
    body = {role: person.ref if person else "inherited"}
    _follow(rows, by=by, at=at, **body, reason=reason or None)
    return count


def _doubled(person: User | None, rows: QuerySet[Asset]) -> QuerySet[Asset]:
    """Return the confidential assets, in the systems of ``rows``, of which ``person`` is both."""
    if person is None:
        return Asset.objects.none()
    return Asset.objects.live().filter(
        system__in=rows.order_by().values("system"),
        owner=person,
        technical_owner=person,
        level__gte=Level.CONFIDENTIAL,
    )


def _chosen(assets: QuerySet[Asset]) -> QuerySet[Asset]:
    """Fix the choice now: the update may change what the caller's filter looks at."""
    return Asset.objects.filter(pk__in=list(assets.order_by().values_list("pk", flat=True)))


def _follow(rows: QuerySet[Asset], *, by: Actor, at: datetime, **body: str | None) -> None:
    for system in GovernedSystem.objects.filter(pk__in=rows.order_by().values("system").distinct()):
        settling.inherit(system.pk)
        theirs = rows.filter(system=system)
        count = theirs.count()
        audit.record(
            by=by,
            act=Act.ASSET_ASSIGN,
            ref=theirs.get().ref if count == 1 else system.ref,
            at=at,
            assets=count,
            **body,
        )
