"""Who holds which role through which links, at an instant.

Links never change in place: a change makes new ``Links`` that share what did not change.
Nothing is inserted by reading, and a closure ends at the second at which a link does.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

# Casbin counts ten levels with the subject itself: nine links.
LONGEST_PATH = 9
_CACHED = 200_000
_FOLDED = 1_000
_NONE: Mapping[str, Any] = {}

Child = tuple[str, str]  # the kind of its links, and its name


@dataclass(frozen=True, slots=True)
class Link:
    """``child`` holds ``parent`` in ``domain``, from and until (not including) an instant.

    Instants are seconds since 1970; ``source`` says which record it comes from.
    """

    child: str
    parent: str
    domain: str = ""
    since: float = -inf
    until: float = inf
    kind: str = "g"
    source: str = ""


@dataclass(frozen=True, slots=True)
class Closure:
    """The roles of a subject, each with the link that leads to it; usable for a while."""

    roles: Mapping[str, Link | None]
    since: float
    until: float

    def path(self, role: str) -> list[Link]:
        """Return the links from the subject to ``role``."""
        found: list[Link] = []
        while (link := self.roles.get(role)) is not None:
            found.append(link)
            role = link.child
        return found[::-1]


class Links:
    """All links of a policy."""

    def __init__(self, links: Iterable[Link]) -> None:
        self._base = _by_child(links)
        self._changed: dict[Child, Mapping[str, tuple[Link, ...]]] = {}
        # Two generations instead of an order of use: what is asked for stays, at no cost.
        self.closures: dict[tuple[str, str, str], Closure] = {}
        self._older: dict[tuple[str, str, str], Closure] = {}

    def replaced(self, child: str, links: Iterable[Link], *, kind: str = "g") -> "Links":
        """Return the same links but for those of ``child``, which now has ``links`` alone."""
        after = Links(())
        after._base = self._base
        after._changed = {**self._changed, (kind, child): {}, **_by_child(links)}
        if len(after._changed) > _FOLDED:
            after._base, after._changed = {**self._base, **after._changed}, {}
        return after

    def domains(self, child: str, kind: str = "g") -> frozenset[str]:
        """Return the domains in which ``child`` has links of its own, in force or not."""
        return frozenset(self._of(kind, child))

    def every(self) -> Iterator[Link]:
        """Yield each link."""
        for one in {**self._base, **self._changed}.values():
            for links in one.values():
                yield from links

    def closure(self, kind: str, subject: str, domain: str, at: float) -> Closure:
        """Return the roles of ``subject`` in ``domain`` at ``at``, with ``subject`` itself."""
        place = (kind, subject, domain)
        known = self.closures.get(place) or self._older.get(place)
        if known is not None and known.since <= at < known.until:
            return known
        found = self._walk(kind, subject, domain, at)
        if len(self.closures) >= _CACHED // 2:
            self._older, self.closures = self.closures, {}
        self.closures[place] = found
        return found

    def leads(
        self, at: float, kind: str, subject: object, role: object, domain: object = ""
    ) -> bool:
        """Say whether ``subject`` is or holds ``role``, for any values that a request may bring."""
        if not isinstance(subject, str):
            hash(subject)  # as the look-up of Casbin's role manager does
            return subject == role
        return role in self.closure(kind, subject, str(domain), at).roles

    def _of(self, kind: str, child: str) -> Mapping[str, tuple[Link, ...]]:
        found = self._changed.get((kind, child))
        return found if found is not None else self._base.get((kind, child), _NONE)

    def _walk(self, kind: str, subject: str, domain: str, at: float) -> Closure:
        """Go up link by link, level by level, and note when the answer will be another."""
        roles: dict[str, Link | None] = {subject: None}
        since, until = -inf, inf
        level = [subject]
        for _ in range(LONGEST_PATH):
            above = []
            for child in level:
                for link in self._of(kind, child).get(domain, ()):
                    if link.since > at:
                        until = min(until, link.since)
                        continue
                    if link.until <= at:
                        since = max(since, link.until)
                        continue
                    since, until = max(since, link.since), min(until, link.until)
                    if link.parent not in roles:
                        roles[link.parent] = link
                        above.append(link.parent)
            if not above:
                break
            level = above
        return Closure(roles, since, until)


def _by_child(links: Iterable[Link]) -> dict[Child, Mapping[str, tuple[Link, ...]]]:
    found: dict[Child, dict[str, list[Link]]] = {}
    for link in links:
        found.setdefault((link.kind, link.child), {}).setdefault(link.domain, []).append(link)
    return {
        child: {domain: tuple(some) for domain, some in domains.items()}
        for child, domains in found.items()
    }
