"""A made-up month of access requests: people who sleep, go on leave, forget, and stand in."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from governance.domain import routing
from governance.models import Absence, AccessRequest, GovernedSystem, Site, User
from tests.builders.governance import a_member, a_site, a_system, a_user

HOUR = timedelta(hours=1)
CLASSES = ("", "public", "internal", "confidential", "restricted")
SITES, OWNERS_EACH = 4, 3
DAYS = 45


@dataclass
class Person:
    """Somebody who decides: awake for ten hours of the day, away now and then."""

    user: User
    wakes: int
    away: list[tuple[datetime, datetime]] = field(default_factory=list)
    diligence: float = 0.9

    def is_away(self, at: datetime) -> bool:
        return any(since <= at < until for since, until in self.away)

    def first_look(self, after: datetime, dice: random.Random) -> datetime | None:
        """Return when they first look at what waits since ``after``; None for never."""
        if dice.random() > self.diligence:
            return None
        at = after + timedelta(minutes=dice.expovariate(1 / 40))
        while self.is_away(at) or not (self.wakes <= at.hour < self.wakes + 10):
            at = (at + HOUR).replace(minute=dice.randrange(60))
        return at


@dataclass
class Happening:
    """What befell one request, in order; the oracle reads this and nothing else."""

    site: int
    owner: User | None
    level: str
    submitted: datetime
    events: list[tuple[datetime, str]] = field(default_factory=list)


@dataclass
class World:
    """Where it plays."""

    dice: random.Random
    until: datetime
    sites: list[Site]
    systems: list[GovernedSystem]
    owners: list[list[Person]]
    board: Person
    requester: User


def a_world(seed: int, until: datetime) -> World:
    """Return sites in different zones, owners with their leave, and a board that looks in."""
    dice = random.Random(seed)
    sites = [a_site() for _ in range(SITES)]
    owners = [[_owner(site, dice, until) for _ in range(OWNERS_EACH)] for site in sites]
    board = Person(a_member("board_member"), wakes=7, diligence=0.6)
    systems = [a_system(site=site) for site in sites]
    return World(dice, until, sites, systems, owners, board, a_user())


def _owner(site: Site, dice: random.Random, until: datetime) -> Person:
    person = Person(a_member("data_owner", site=site), wakes=dice.randrange(14))
    for _ in range(dice.randrange(3)):
        since = until - timedelta(days=dice.uniform(0, DAYS))
        person.away.append((since, since + timedelta(days=dice.uniform(0.2, 6))))
    for since, end in person.away:
        Absence.objects.create(
            user=person.user, site=site, since=since, until=end, declared_by="service:builder"
        )
    return person


def requests(world: World, count: int) -> tuple[list[AccessRequest], list[Happening]]:
    """Return ``count`` unsaved requests as they ended up, and what befell each."""
    rows, told = [], []
    for number in range(count):
        happening, row = _one(world, number)
        rows.append(row)
        told.append(happening)
    return rows, told


def _one(world: World, number: int) -> tuple[Happening, AccessRequest]:
    dice = world.dice
    place = dice.randrange(SITES)
    asked = world.until - timedelta(seconds=dice.randrange(DAYS * 86400))
    owner, deputy = dice.sample(world.owners[place], 2)
    named = dice.random() > 0.1
    way = routing.route(
        owner=owner.user.pk if named else None,
        deputy=deputy.user.pk if named and dice.random() > 0.3 else None,
        owner_can=not owner.is_away(asked),
        submitted_at=asked,
    )
    level = dice.choice(CLASSES)
    happening = Happening(place, owner.user if named else None, level, asked)
    happening.events = _events(world, way, owner, deputy, asked, level)
    row = AccessRequest(
        system=world.systems[place],
        requester=world.requester,
        grantee=world.requester,
        owner=happening.owner,
        deputy_id=way.deputy,  # type: ignore[misc]
        deputy_from=way.deputy_from,
        all_from=way.all_from,
        principal=f"login_{number}",
        entitlement="select",
        scope=f"mes.table_{number}",
        level=level,
        purpose="scrap analysis",
        days=30,
        submitted_at=asked,
        due_at=asked + 4 * HOUR,
    )
    _end(row, happening, world.until)
    return happening, row


def _events(
    world: World,
    way: routing.Route,
    owner: Person,
    deputy: Person,
    asked: datetime,
    level: str,
) -> list[tuple[datetime, str]]:
    dice = world.dice
    found: list[tuple[datetime, str]] = []
    if level in ("public", "internal") and dice.random() < 0.5:
        return [(asked, "approved"), (asked, "granted")]
    looks = [world.board.first_look(way.all_from, dice)]
    if way.owner is not None:
        looks.append(owner.first_look(asked, dice))
    if way.deputy is not None:
        looks.append(deputy.first_look(way.deputy_from, dice))
    decided = min((one for one in looks if one is not None), default=None)
    gives_up = asked + timedelta(hours=dice.expovariate(1 / 6)) if dice.random() < 0.06 else None
    ends = asked + routing.EXPIRES_AFTER
    if gives_up is not None and gives_up < min(decided or ends, ends):
        return [(gives_up, "canceled")]
    if decided is None or decided >= ends:
        return [(ends, "expired")]
    if dice.random() < 0.15:
        return [(decided, "denied")]
    found.append((decided, "approved"))
    short = dice.random()
    if short < 0.85:
        found.append((decided, "granted"))
    elif short < 0.95:
        found.append((decided + timedelta(hours=dice.expovariate(1 / 5)), "granted"))
    if found[-1][1] == "approved" or found[-1][0] >= ends:
        found = [found[0], (ends, "expired")]
    return found


def _end(row: AccessRequest, happening: Happening, until: datetime) -> None:
    """Bring the row into the state that the events up to ``until`` leave it in."""
    for at, what in happening.events:
        if at > until:
            return
        row.state = what
        row.missing = "a class" if what == "approved" else ""
        row.decided_at = row.decided_at or at
        row.decided_by = row.decided_by or "user:somebody"
        row.resolved_at = None if what == "approved" else at
