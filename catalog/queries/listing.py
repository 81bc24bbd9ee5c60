"""Rows of a sheet that list assets for the first time: where each stands, and whether it may."""

from collections.abc import Iterator

from catalog.domain.assets import AssetKind, may_stand_in
from catalog.domain.inventory import Line, Made, Refusal, path_of
from catalog.queries.inventory import Facts
from governance.domain import fqn
from governance.models import GovernedSystem

LONGEST_NAME = 300
LONGEST_FQN = 1500
Key = tuple[int, str]


class Listed:
    """Judges new rows together, because one may hold another."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.made: dict[int, Made] = {}
        self._sites: dict[int, int | None] = {}
        self._homes: dict[Key, tuple[str, int | None]] = {}
        """Kind and site of what this sheet lists, by system and full name."""

    def home_of(self, number: int) -> int | None:
        """Return the site at which the asset of row ``number`` begins."""
        return self._sites.get(number)

    def judge(self, lines: list[Line]) -> Iterator[tuple[Line, list[Refusal]]]:
        """Yield each row with the reasons against it, holders first; whoever finds none more
        calls `keep` before going on.
        """
        read: list[tuple[Line, Made, GovernedSystem]] = []
        rows: dict[Key, list[int]] = {}
        for line in lines:
            one = self._read(line)
            if isinstance(one, list):
                yield line, one
                continue
            made, system = one
            read.append((line, made, system))
            rows.setdefault((made.system, made.fqn), []).append(line.number)
        for line, made, system in sorted(read, key=lambda one: len(one[1].path)):
            twins = [no for no in rows[made.system, made.fqn] if no != line.number]
            refusals = self._place(line, made, system)
            if twins:
                where = ", ".join(str(number) for number in twins[:5])
                refusals.append(Refusal("", f"the same new asset stands in row {where} too"))
            self.made[line.number] = made
            yield line, refusals

    def keep(self, number: int) -> Made:
        """Let the asset of row ``number`` hold others."""
        made = self.made[number]
        self._homes[made.system, made.fqn] = (made.kind, self._sites[number])
        return made

    def _read(self, line: Line) -> tuple[Made, GovernedSystem] | list[Refusal]:
        refusals = []
        slug = line.cells.get("system", "").strip()
        system = self._facts.systems.get(slug.lower())
        if system is None:
            why = f"there is no system {slug[:64]!r}" if slug else "a new asset names its system"
            refusals.append(Refusal("system", why))
        kind = line.cells.get("kind", "").strip().lower()
        if kind not in {one.value for one in AssetKind}:
            why = f"{kind[:40]!r} is no kind of asset" if kind else "a new asset names its kind"
            refusals.append(Refusal("kind", why))
        path = path_of(line.cells["full_name"].strip())
        if max(len(part) for part in path) > LONGEST_NAME:
            refusals.append(Refusal("full_name", f"a name has {LONGEST_NAME} characters at most"))
        elif len(fqn.joined(*path)) > LONGEST_FQN:
            refusals.append(Refusal("full_name", f"it has {LONGEST_FQN:,} characters at most"))
        if refusals or system is None:
            return refusals
        return Made(system.pk, path, kind), system

    def _place(self, line: Line, made: Made, system: GovernedSystem) -> list[Refusal]:
        above = fqn.joined(*made.path[:-1]) or fqn.joined(system.slug)
        rows = [
            (row["kind"], row["_site"])
            for row in self._facts.named.get(above, [])
            if row["_system"] == made.system
        ]
        home = rows[0] if rows else self._homes.get((made.system, above))
        if home is None and len(made.path) == 1:
            # The asset of the system itself is made with the first that stands in it.
            home = AssetKind.SYSTEM.value, system.site_id
        if home is None:
            why = f"nothing called {above[:120]} is in the system, or in a row that is taken"
            return [Refusal("full_name", why)]
        kind, site = home
        self._sites[line.number] = site
        if not may_stand_in(AssetKind(made.kind), AssetKind(kind)):
            return [Refusal("kind", f"a {kind} does not hold a {made.kind}")]
        if not self._facts.may_add(system, site, made.kind):
            return [Refusal("", "you may not list assets there")]
        return []
