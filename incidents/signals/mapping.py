"""Mappers: a declarative, versioned table of paths that reads events of one producer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import available_timezones

from governance.errors import BadInput
from incidents.signals import paths

FORMAT = "wardroom-mapper/1"
FIELDS = (
    "id", "observed_at", "title", "rule", "severity", "asset", "site", "environment", "user", "ip",
    "hash",
)  # fmt: skip
NEEDED = ("observed_at", "title", "severity")
TIMES = ("rfc3339", "epoch", "epoch_ms")
_KEYS = frozenset(
    {"from", "join", "const", "between", "first_line", "prefix", "map", "default", "time", "zone"}
)
MAX_POINTERS = 8
Path = tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """How one field is read: the first path that holds something, or several joined.

    ``zone`` is that of the clock whose times name none.
    """

    sources: tuple[Path, ...]
    is_joined: bool
    const: str
    between: tuple[str, str]
    is_first_line: bool
    prefix: str
    words: Mapping[str, str]
    default: str
    time: str
    zone: str = ""

    @cached_property
    def plain(self) -> str:
        """The member that is all of the field, where nothing else is asked for."""
        shaped = self.const or self.prefix or self.words or self.default or any(self.between)
        alone = len(self.sources) == 1 and len(self.sources[0]) == 1
        return self.sources[0][0] if alone and not (shaped or self.is_first_line) else ""

    def read(self, event: Any) -> str:
        """Return the text of the field, empty where the event holds none."""
        if self.plain:
            return paths.text(event.get(self.plain))
        found = self.const or self._found(event)
        if self.is_first_line:
            found = found.split("\n", 1)[0].strip()
        if any(self.between):
            found = paths.between(found, *self.between)
        if found and self.words:
            found = self.words.get(found, self.words.get(found.casefold(), self.default))
        return self.prefix + found if found else self.default

    def _found(self, event: Any) -> str:
        texts = [paths.text(paths.value(event, source)) for source in self.sources]
        if self.is_joined:
            return " ".join(texts) if all(texts) else ""
        return next((one for one in texts if one), "")


@dataclass(frozen=True, slots=True)
class Mapper:
    """A mapper that was read: what an event must be, what is taken apart, how fields are read."""

    requires: tuple[tuple[Path, frozenset[str], str], ...]
    parsed: tuple[Path, ...]
    fields: Mapping[str, Field]

    def opened(self, event: Any) -> Any:
        """Return ``event`` with its ``key=value`` texts taken apart, below ``/pairs``."""
        if not self.parsed or not isinstance(event, dict):
            return event
        held: dict[str, str] = {}
        for path in self.parsed:
            held |= paths.pairs(paths.value(event, path))
        return {**event, "pairs": held}


def parse(document: Any) -> Mapper:
    """Read a mapper.

    Raises:
        BadInput: it is none; the pointer says where.
    """
    _shape(document, "", dict)
    unknown = set(document) - {"format", "requires", "parse", "fields"}
    if document.get("format") != FORMAT or unknown:
        said = f"write {FORMAT}" if not unknown else f"no member {sorted(unknown)[0]!r}"
        raise BadInput(f"A mapper: {said}.", pointer="/format")
    requires = []
    for place, one in enumerate(_shape(document.get("requires", []), "/requires", list)):
        pointer = f"/requires/{place}"
        _shape(one, pointer, dict)
        values = frozenset(map(str, _shape(one.get("is"), f"{pointer}/is", list)))
        at = one.get("at")
        requires.append((_path(at, f"{pointer}/at"), values, str(at)))
    parsed = [
        _path(one, f"/parse/{place}")
        for place, one in enumerate(_shape(document.get("parse", []), "/parse", list))
    ]
    fields = {}
    for name, held in _shape(document.get("fields"), "/fields", dict).items():
        if name not in FIELDS:
            raise BadInput(f"No field {str(name)[:40]!r}.", pointer=f"/fields/{name}")
        fields[name] = _field(name, held)
    for name in NEEDED:
        if name not in fields:
            raise BadInput(f"A mapper reads {name}.", pointer="/fields")
    return Mapper(tuple(requires), tuple(parsed), fields)


def _field(name: str, held: Any) -> Field:
    pointer = f"/fields/{name}"
    _shape(held, pointer, dict)
    if unknown := set(held) - _KEYS:
        raise BadInput(f"No member {sorted(unknown)[0]!r}.", pointer=pointer)
    joined = "join" in held
    key = "join" if joined else "from"
    listed = _shape(held.get(key, []), f"{pointer}/{key}", list)
    if len(listed) > MAX_POINTERS:
        raise BadInput(f"At most {MAX_POINTERS} paths.", pointer=f"{pointer}/{key}")
    sources = tuple(_path(one, f"{pointer}/{key}/{place}") for place, one in enumerate(listed))
    if not sources and "const" not in held:
        raise BadInput("A field names where it is read from.", pointer=pointer)
    marks = _shape(held.get("between", ["", ""]), f"{pointer}/between", list)
    if len(marks) != 2:
        raise BadInput("Two marks: before and after.", pointer=f"{pointer}/between")
    time = str(held.get("time", TIMES[0] if name == "observed_at" else ""))
    if name == "observed_at" and time not in TIMES:
        raise BadInput(f"time is one of {', '.join(TIMES)}.", pointer=f"{pointer}/time")
    zone = str(held.get("zone", ""))
    if zone and zone not in available_timezones():
        raise BadInput("zone is an IANA name, such as Europe/Berlin.", pointer=f"{pointer}/zone")
    words = _shape(held.get("map", {}), f"{pointer}/map", dict)
    return Field(
        sources=sources,
        is_joined=joined,
        const=str(held.get("const", "")),
        between=(str(marks[0]), str(marks[1])),
        is_first_line=bool(held.get("first_line", False)),
        prefix=str(held.get("prefix", "")),
        words={str(word).casefold(): str(meaning) for word, meaning in words.items()},
        default=str(held.get("default", "")),
        time=time,
        zone=zone,
    )


def _path(pointer: Any, at: str) -> Path:
    try:
        return paths.steps(pointer if isinstance(pointer, str) else "")
    except ValueError as error:
        raise BadInput(str(error), pointer=at) from error


def _shape(value: Any, pointer: str, kind: type) -> Any:
    if not isinstance(value, kind):
        word = "an object" if kind is dict else "an array"
        raise BadInput(f"Expected {word}.", pointer=pointer)
    return value
