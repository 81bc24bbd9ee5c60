"""What becomes of each row of a sheet: new, changed, unchanged, or refused and why."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from catalog.domain.inventory import (
    FIXED,
    LONGEST_DESCRIPTION,
    STATED,
    Change,
    Judged,
    Line,
    Refusal,
    State,
    fault,
    path_of,
    shown,
    stamp,
)
from catalog.domain.labels import Level
from catalog.models import Zone
from catalog.permissions import Act
from catalog.queries import inventory
from catalog.queries.inventory import Facts, Row
from catalog.queries.listing import Listed
from governance.domain import fqn
from governance.domain.actor import Actor

INHERITED = "(inherited)"
_ASSIGNED = frozenset(STATED)
_DESCRIBED = frozenset({"criticality", "description"})


class Unfit(Exception):
    """The cell cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing would do, row by row."""

    rows: tuple[Judged, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each state."""
        found = Counter(row.state.value for row in self.rows)
        return {state.value: found[state.value] for state in State}

    @property
    def digest(self) -> str:
        """The mark of what would be written; two plans with the same one write the same."""
        facts = [(row.asset, row.changes, row.made) for row in self.rows if not row.refusals]
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    def valid(self) -> Iterator[Judged]:
        """Yield the rows that are to be written."""
        return (row for row in self.rows if row.state in (State.NEW, State.CHANGED))


def plan(lines: tuple[Line, ...], *, by: Actor, at: datetime) -> Plan:
    """Return what importing ``lines`` in the name of ``by`` would do; nothing is written.

    A cell that is as the sheet of today shows it is left alone, whoever stated it. An empty cell
    takes back what the asset states itself.
    """
    ids = {key for line in lines if (key := _number(line.cells.get("id", ""))) is not None}
    names: set[str] = set()
    for line in lines:
        if line.cells.get("id", "").strip():
            continue
        try:
            path = path_of(line.cells.get("full_name", "").strip())
        except ValueError:
            continue
        root = fqn.joined(line.cells.get("system", "").strip().lower().replace("\0", ""))
        names |= {fqn.joined(*path), fqn.joined(*path[:-1]), root} - {""}
    known = inventory.facts(lines, ids, names, by=by, at=at)
    judged = _Judge(known, lines)
    return Plan(tuple(judged.rows()))


class _Judge:
    """Holds a sheet against the facts."""

    def __init__(self, facts: Facts, lines: tuple[Line, ...]) -> None:
        self._facts = facts
        self._lines = lines
        self._listed = Listed(facts)

    def rows(self) -> Iterator[Judged]:
        """Yield what becomes of each line, in the order of the sheet."""
        found = {line.number: self._find(line) for line in self._lines}
        seen: dict[int, list[int]] = {}
        for number, one in found.items():
            if isinstance(one, dict):
                seen.setdefault(one["id"], []).append(number)
        fresh = [line for line in self._lines if found[line.number] is None]
        made = {line.number: self._new(line, why) for line, why in self._listed.judge(fresh)}
        for line in self._lines:
            one = found[line.number]
            if isinstance(one, Refusal):
                yield Judged(line.number, _name(line), None, refusals=(one,))
            elif one is None:
                yield made[line.number]
            else:
                twins = [number for number in seen[one["id"]] if number != line.number]
                yield self._known(line, one, twins)

    def _find(self, line: Line) -> Row | Refusal | None:
        """Return the asset that ``line`` is about; None where it is to be a new one."""
        if "" in line.damage:
            return Refusal("", line.damage[""])
        given = line.cells.get("id", "").strip()
        if given or "id" in line.damage:
            number = _number(given)
            why = line.damage.get("id") or fault(given)
            if why or number is None:
                return Refusal("id", why or f"{given[:40]!r} is not the number of an asset")
            row = self._facts.current.get(number)
            return row or Refusal("id", f"there is no live asset {number}, or none for you")
        why = line.damage.get("full_name") or fault(line.cells.get("full_name", ""))
        if why:
            return Refusal("full_name", why)
        try:
            name = fqn.joined(*path_of(line.cells.get("full_name", "").strip()))
        except ValueError as error:
            return Refusal("full_name", str(error))
        system = line.cells.get("system", "").strip()
        rows = self._facts.named.get(name, [])
        rows = [row for row in rows if not system or row["system"] == system]
        if len(rows) > 1:
            return Refusal("full_name", f"{len(rows)} assets are called so; name one by its id")
        return rows[0] if rows else None

    def _new(self, line: Line, refusals: list[Refusal]) -> Judged:
        blank: Row = dict.fromkeys(("id", *FIXED, *STATED, "criticality", "description"), "")
        blank |= {f"_stated_{name}": None for name in STATED}
        home = self._listed.home_of(line.number)
        blank |= {"level": "", "_level": None, "_owner": None, "_technical_owner": None}
        blank |= {"_own": True, "_site": home}
        changes, more = self._cells(line, blank)
        if any(one.column in _ASSIGNED for one in changes) and not self._facts.may_act_at(
            Act.ASSET_ASSIGN, home
        ):
            more.append(Refusal("", "you may not assign owners, sites or zones there"))
        refusals = [*refusals, *more]
        kept = None if refusals else self._listed.keep(line.number)
        return Judged(line.number, _name(line), None, tuple(changes), tuple(refusals), kept)

    def _known(self, line: Line, row: Row, twins: list[int]) -> Judged:
        changes, misfits = self._cells(line, row)
        refusals = list(self._fixed(line, row))
        if twins:
            rows = ", ".join(str(number) for number in twins[:5])
            refusals.append(Refusal("", f"the same asset stands in row {rows} too"))
        given = line.cells.get("stamp", "").strip()
        if given and (changes or misfits) and given != stamp(row):
            # What its cells would mean today is no answer: they speak of another state.
            why = "the asset has changed since this sheet was exported: export it anew"
            refusals.append(Refusal("stamp", why))
        else:
            refusals += misfits
        refusals += self._rights(row, {one.column for one in changes})
        return Judged(line.number, row["full_name"], row["id"], tuple(changes), tuple(refusals))

    def _fixed(self, line: Line, row: Row) -> Iterator[Refusal]:
        for name in FIXED:
            given = line.cells.get(name, "").strip()
            if not given or (given.lower() if name != "full_name" else given) == row[name].strip():
                continue
            if name == "full_name":
                try:
                    if fqn.joined(*path_of(given)) == row[name]:
                        continue
                except ValueError:
                    pass
            why = f"asset {row['id']} is {str(row[name])[:80]!r} here; a sheet does not change it"
            yield Refusal(name, line.damage.get(name) or fault(given) or why)

    def _rights(self, row: Row, columns: set[str]) -> Iterator[Refusal]:
        if columns & _ASSIGNED and row["id"] not in self._facts.assignable:
            yield Refusal("", "you may not assign owners, sites or zones of this asset")
        if columns & _DESCRIBED and row["id"] not in self._facts.describable:
            yield Refusal("", "you may not describe this asset")
        if "level" in columns and not self._facts.may_label(row):
            yield Refusal("level", "you may not decide about labels there")

    def _cells(self, line: Line, row: Row) -> tuple[list[Change], list[Refusal]]:
        changes: list[Change] = []
        refusals: list[Refusal] = []
        targets: dict[str, Change] = {}
        for name in ("criticality", "level", *STATED, "description"):
            given = line.cells.get(name)
            old = shown(row[name])
            if given is None or (_is_same(name, given, old) and not line.damage.get(name)):
                continue
            why = line.damage.get(name) or fault(given)
            try:
                if why:
                    raise Unfit(why)
                change = self._change(name, given, old, row, targets)
            except Unfit as error:
                refusals.append(Refusal(name, str(error)))
                continue
            if change is not None:
                changes.append(change)
                targets[name] = change
        why = _doubled(row, targets)
        if why:
            refusals.append(Refusal("owner", why))
        return changes, refusals

    def _change(
        self, name: str, given: str, old: str, row: Row, before: dict[str, Change]
    ) -> Change | None:
        """Return what is to be written to a cell that differs; None where it comes to the same.

        Raises:
            Unfit: it cannot be written.
        """
        word = given.strip()
        if name == "criticality":
            if word and word not in ("1", "2", "3", "4", "5"):
                raise Unfit(f"{word[:40]!r} is no number from 1 to 5")
            return Change(name, old, word, word)
        if name == "level":
            return self._level(word, old, row)
        if name == "description":
            return self._description(given, old, row)
        if not word:
            if row[f"_stated_{name}"] is None:
                raise Unfit("it is inherited from what holds the asset and cannot be emptied here")
            return Change(name, old, INHERITED)
        return Change(name, old, word, self._target(name, word, row, before))

    def _level(self, word: str, old: str, row: Row) -> Change:
        try:
            level = Level.of(word)
        except ValueError:
            levels = ", ".join(one.slug for one in Level)
            raise Unfit(
                f"{word[:40]!r} is not one of {levels}" if word else "a label is not taken back"
            ) from None
        if row["_level"] is not None and level < row["_level"]:
            raise Unfit("a lower level takes two people: propose it on the asset's own page")
        return Change("level", old, level.slug, str(level.value))

    def _description(self, given: str, old: str, row: Row) -> Change:
        if not row["_own"]:
            raise Unfit("the source describes it: change its comment there")
        if len(given) > LONGEST_DESCRIPTION:
            raise Unfit(f"{len(given):,} characters; {LONGEST_DESCRIPTION:,} are the most")
        return Change("description", old, given, given)

    def _target(self, name: str, word: str, row: Row, before: dict[str, Change]) -> str:
        facts, key = self._facts, word.lower()
        if name in ("owner", "technical_owner", "steward"):
            person = facts.people.get(key)
            if person is None:
                raise Unfit(f"no active person of ours has the address {word[:80]!r}")
            return str(person.pk)
        if name == "site":
            site = facts.sites.get(key)
            if site is None or not facts.may_act_at(Act.ASSET_ASSIGN, site.pk):
                raise Unfit(f"there is no site {word[:64]!r}, or you may not assign there")
            return str(site.pk)
        if name == "retention":
            rule = facts.rules.get(key)
            if rule is None:
                raise Unfit(f"there is no retention rule {word[:60]!r}")
            return str(rule.pk)
        moved = before.get("site")
        return str(self._zone(key, int(moved.target) if moved and moved.target else row["_site"]))

    def _zone(self, slug: str, site: int | None) -> int:
        zones = self._facts.zones.get(slug, [])
        if not zones:
            raise Unfit(f"there is no zone {slug[:64]!r}")
        paths = {one.pk: one.path for one in self._facts.sites.values()}
        fit = [zone for zone in zones if site and _is_at(zone, paths[site])]
        if not fit:
            raise Unfit(f"the asset does not stand at the site of the zone {slug!r}")
        nearest = max(len(zone.site.path) for zone in fit)
        zone = next(one for one in fit if len(one.site.path) == nearest)
        if not self._facts.may_change(zone):
            raise Unfit(f"you may not put assets into the zone {slug!r}")
        return zone.pk


def _is_at(zone: Zone, path: str) -> bool:
    return path == zone.site.path or path.startswith(f"{zone.site.path}/")


def _doubled(row: Row, targets: dict[str, Change]) -> str:
    """Return why owner and technical owner of confidential data may not be these two."""
    level = max(row["_level"] or 0, int(targets["level"].target) if "level" in targets else 0)
    if level < Level.CONFIDENTIAL or not {"owner", "technical_owner"} & set(targets):
        return ""
    was = [str(row["_owner"] or ""), str(row["_technical_owner"] or "")]
    now = [
        targets[name].target if name in targets else before
        for name, before in zip(("owner", "technical_owner"), was, strict=True)
    ]
    if now[0] and now[0] == now[1]:
        return "business and technical owner of confidential data are two people"
    if now[0] and "owner" in targets and now[0] == was[1]:
        return "who has been the technical owner becomes the owner in a second import"
    return ""


def _is_same(name: str, given: str, old: str) -> bool:
    if given == old or (name == "description" and shown(given) == old):
        return True
    if name == "description":
        return False
    return given.strip().lower() == old.strip().lower()


def _number(word: str) -> int | None:
    word = word.strip()
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else None


def _name(line: Line) -> str:
    given = line.cells.get("full_name", "").strip() or line.cells.get("id", "").strip()
    return shown(given)[:200]
