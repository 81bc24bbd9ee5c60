"""Which subjects, resources or actions make a decision true.

Candidates come in the order of their keys from the directory, then from our own records.
Each is decided like any single question before it is answered, so a search never says more
than its decisions do.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from governance import access
from governance.domain.actor import Actor
from governance.domain.authzen import Asked, Entity, Search, Wanted
from governance.models import EntityKind, Governed, User
from governance.policy.casbin_policy import NotFilterable, Rule
from governance.queries import evaluating
from governance.queries.evaluating import PEOPLE, View
from governance.queries.sides import is_own_subject

CHUNK = 500
SCANNED = 10_000
"""So many candidates are decided for one page; a page may thus end before it is full."""

Source = Callable[[str, int], list[str]]


class Place(NamedTuple):
    """Where a page ended: in which source, after which key."""

    source: int
    after: str


@dataclass(slots=True)
class Found:
    """One page. ``next`` is None on the last; ``total`` is None where it is not known exactly."""

    keys: list[str]
    next: Place | None
    total: int | None


def find(search: Search, seen: View, start: Place) -> Found:
    """Return up to ``search.limit`` keys after ``start``; with a limit of 0 only the count."""
    keys: list[str] = []
    ends: list[Place] = []
    scanned = count = 0
    sources = _sources(search, seen)
    place = start
    while place.source < len(sources):
        most = min(CHUNK, SCANNED - scanned, (search.limit or CHUNK) + 1)
        candidates = sources[place.source](place.after, most)
        if not candidates:
            place = Place(place.source + 1, "")
            continue
        asked = [_asked(search, key) for key in candidates]
        for key, answer in zip(candidates, evaluating.decide(asked, seen), strict=True):
            place = Place(place.source, key)
            if not answer.decision.allow:
                continue
            count += 1
            if search.limit and len(keys) == search.limit:
                return Found(keys, ends[-1], None)
            if search.limit:
                keys.append(key)
                ends.append(place)
        scanned += len(candidates)
        if scanned >= SCANNED:
            return Found(keys, place, None)
    return Found(keys, None, count if start == Place(0, "") else None)


def _asked(search: Search, key: str) -> Asked:
    subject, action, resource = search.subject, search.action, search.resource
    match search.wanted:
        case Wanted.SUBJECT:
            subject = Entity(subject.type, key, subject.properties)
        case Wanted.RESOURCE:
            resource = Entity(resource.type, key, resource.properties)
        case _:
            action = key
    return Asked(subject, action, resource, search.context)


def _sources(search: Search, seen: View) -> list[Source]:
    match search.wanted:
        case Wanted.SUBJECT:
            sources = [_listed(seen.directory.ids.get((EntityKind.SUBJECT, search.subject.type)))]
            if search.subject.type in PEOPLE:
                sources.append(_people(search.subject.type, seen))
            return sources
        case Wanted.RESOURCE:
            model = evaluating.own_types().get(search.resource.type)
            if model is not None:
                return [_records(model, search, seen)]
            return [_listed(seen.directory.ids.get((EntityKind.RESOURCE, search.resource.type)))]
        case _:
            return [_listed(sorted(_acts(search.resource.type, seen)))]


def _listed(keys: list[str] | None) -> Source:
    rows = keys or []

    def after(last: str, most: int) -> list[str]:
        start = bisect_right(rows, last)
        return rows[start : start + most]

    return after


def _people(kind: str, seen: View) -> Source:
    rows = User.objects.filter(is_active=True).only("id", "kind", "slug", "name", "party")

    def after(last: str, most: int) -> list[str]:
        if kind == "service":
            found = rows.filter(kind="service", slug__gt=last).order_by("slug")
        else:
            found = rows.filter(kind="person").order_by("pk")
            found = found.filter(pk__gt=UUID(last)) if last else found
        actors = [user.as_actor() for user in found[:most]]
        seen.people.update((actor.ref, actor) for actor in actors)
        return [actor.ref.partition(":")[2] for actor in actors]

    return after


def _records(model: type[Governed], search: Search, seen: View) -> Source:
    """Offer our records, of which ``access.found`` says what one of our own people may."""
    kind = model.resource_type()
    rows: QuerySet[Governed] = evaluating.with_scope(model)
    if is_own_subject(search.subject):
        ref = f"{search.subject.type}:{search.subject.id}"
        if ref not in seen.people:
            evaluating.look_up_people([ref], seen)
        actor = seen.people.get(ref)
        rows = rows.none() if actor is None else _shown(rows, actor, search, seen)

    def after(last: str, most: int) -> list[str]:
        found = rows.filter(pk__gt=model._meta.pk.to_python(last)) if last else rows
        page = list(found.order_by("pk")[:most])
        seen.records.update(((kind, str(row.pk)), row) for row in page)
        return [str(row.pk) for row in page]

    return after


def _shown(
    rows: "QuerySet[Governed]", actor: Actor, search: Search, seen: View
) -> "QuerySet[Governed]":
    said = seen.sides().environment(search.context)
    try:
        return access.found(rows, to=actor, act=search.action, at=seen.at, environment=said)
    except NotFilterable:
        return rows


_acts_of: tuple[tuple[Rule, ...], dict[str, frozenset[str]]] = ((), {})


def _acts(resource_type: str, seen: View) -> set[str]:
    """Return the acts that the policy names for a type, and those that the directory declares."""
    global _acts_of
    rules = seen.snapshot.rules if seen.snapshot else ()
    known = _acts_of
    if known[0] is not rules:
        acts: dict[str, set[str]] = {}
        for rule in rules:
            acts.setdefault(rule.rtype, set()).add(rule.act)
        frozen = {kind: frozenset(names - {"*"}) for kind, names in acts.items()}
        _acts_of = known = (rules, frozen)
    named = known[1].get(resource_type, frozenset())
    return {*named, *seen.directory.acts.get(resource_type, ())}
