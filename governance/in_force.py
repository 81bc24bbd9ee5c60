"""The policy that is in force, as this process holds it: loaded once, then kept up to date.

The stamp of the head names every state. Each change of memberships says from which stamp it
led to which, so a process goes on from a state it holds to the one that is asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from threading import Lock
from uuid import UUID

from django.apps import apps

from governance.domain.gaps import Use
from governance.errors import Unavailable
from governance.models import (
    Entity,
    EntityType,
    Governed,
    Membership,
    PolicyChange,
    PolicyRule,
    PolicyVersion,
    Site,
    User,
)
from governance.policy import casbin_policy
from governance.policy.casbin_policy import EVERYWHERE, Rule, Snapshot
from governance.policy.links import Link, Links

_KEPT = 4
# Behind more changes than these, loading everything is as fast.
_FOLLOWED = 200


class PolicyAltered(Unavailable):
    """The rules in force are not those that were published: no process takes them."""

    code = "policy_altered"


@dataclass(frozen=True, slots=True)
class _State:
    version_id: int
    snapshot: Snapshot
    # The scopes of the sites at and below a path.
    below: dict[str, list[str]]


_states: dict[UUID, _State] = {}
_building = Lock()


def snapshot(version_id: int, stamp: UUID) -> Snapshot:
    """Return what holds at ``stamp``; without a query where this process holds it already."""
    state = _states.get(stamp)
    if state is not None:
        return state.snapshot
    with _building:
        state = _states.get(stamp) or _followed(version_id, stamp) or _loaded(version_id)
        _states.pop(stamp, None)
        _states[stamp] = state
        while len(_states) > _KEPT:
            _states.pop(next(iter(_states)))
    return state.snapshot


def uses() -> dict[str, Use]:
    """Return which acts reach data, by resource type: as our models and the directory say."""
    rows = EntityType.objects.filter(kind="resource").exclude(data_acts=[])
    foreign = rows.values_list("name", "data_acts", "classified_by")
    return {**{name: Use(frozenset(acts), by) for name, acts, by in foreign}, **own_uses()}


@cache
def own_uses() -> dict[str, Use]:
    """Return the same of our own types alone."""
    return {
        model.resource_type(): model.data_use
        for model in apps.get_models()
        if issubclass(model, Governed) and model.data_use is not None
    }


def _followed(version_id: int, stamp: UUID) -> _State | None:
    """Go on from a state that is held, if only some people's memberships changed since."""
    if not _states:
        return None
    steps = {
        after: (before, user_id)
        for after, before, user_id in PolicyChange.objects.order_by("-id").values_list(
            "stamp", "before", "user"
        )[:_FOLLOWED]
    }
    people = set()
    while stamp not in _states:
        before, user_id = steps.get(stamp, (None, None))
        if before is None or user_id is None:
            return None
        people.add(user_id)
        stamp = before
    state = _states[stamp]
    if state.version_id != version_id:
        return None
    links = state.snapshot.links
    held: dict[str, list[Link]] = {_subject(*row): [] for row in _people(people)}
    for link in _links(state.below, people):
        held[link.child].append(link)
    for subject, found in held.items():
        links = links.replaced(subject, found)
    return _State(version_id, state.snapshot.with_links(links), state.below)


def _loaded(version_id: int) -> _State:
    paths = dict(Site.objects.values_list("path", "slug"))
    below = {
        path: [
            f"site:{slug}" for other, slug in paths.items() if f"{other}/".startswith(f"{path}/")
        ]
        for path in paths
    }
    links = Links([*_links(below), *_foreign_links(below)])
    for state in _states.values():
        if state.version_id == version_id:
            same = replace(state.snapshot.with_links(links), uses=uses())
            return _State(version_id, same, below)
    rules = (
        Rule(*row)
        for row in PolicyRule.objects.filter(version=version_id)
        .order_by("ordinal")
        .values_list("sub", "dom", "rtype", "act", "cond", "eft", "rid", "obligations")
    )
    conf, sha256 = PolicyVersion.objects.values_list("model_conf", "content_sha256").get(
        pk=version_id
    )
    built = casbin_policy.build(conf, rules, links, sha256=sha256, uses=uses())
    if casbin_policy.content_sha256(conf, built.rules) != sha256:
        raise PolicyAltered(
            "The rules in force are not those that were published, so nobody is permitted anything."
            " manage.py policy verify says more."
        )
    return _State(version_id, built, below)


def _links(below: dict[str, list[str]], people: Iterable[UUID] | None = None) -> Iterator[Link]:
    """Spread each membership over the sites below its own; the root's holds everywhere."""
    members = Membership.objects.filter(user__is_active=True).order_by()
    if people is not None:
        members = members.filter(user__in=people)
    for kind, user_id, slug, role, path, root, party, since, until, pk in members.values_list(
        "user__kind",
        "user_id",
        "user__slug",
        "role__slug",
        "site__path",
        "site__parent",
        "party",
        "valid_from",
        "valid_to",
        "pk",
    ):
        domains = [party] if party else below.get(path, [])
        if not party and root is None:
            domains = [*domains, EVERYWHERE]
        for domain in domains:
            yield Link(
                _subject(kind, user_id, slug),
                role,
                domain,
                since.timestamp(),
                _end(until),
                source=f"governance.membership:{pk}",
            )


def _foreign_links(below: dict[str, list[str]]) -> Iterator[Link]:
    """Spread the roles of foreign subjects likewise; without a site they hold everywhere."""
    everywhere = list(dict.fromkeys(scope for scopes in below.values() for scope in scopes))
    subjects = Entity.objects.filter(kind="subject").exclude(roles=[]).order_by()
    for kind, key, roles, path, pk in subjects.values_list(
        "type", "key", "roles", "site__path", "pk"
    ):
        domains = below.get(path, []) if path else [*everywhere, EVERYWHERE]
        for role in roles:
            for domain in domains:
                yield Link(f"{kind}:{key}", role, domain, source=f"governance.entity:{pk}")


def _people(people: Iterable[UUID]) -> Iterable[tuple[str, UUID, str]]:
    return User.objects.filter(pk__in=people).order_by().values_list("kind", "pk", "slug")


def _subject(kind: str, user_id: UUID, slug: str) -> str:
    return f"service:{slug}" if kind == "service" else f"user:{user_id}"


def _end(until: datetime | None) -> float:
    return until.timestamp() if until else float("inf")
