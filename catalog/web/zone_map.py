"""Laying the segmentation map out: levels top to bottom, conduits in the gaps between them.

Values in, coordinates out. Each conduit has a label in a gap and one line to each of its
zones; what spans more than one gap goes through a lane on the right. Inside a gap lines and
labels get columns of their own as long as there is room, so that nothing crosses a label.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

WIDTH = 880
LEFT, RIGHT = 76, 800
BOX, SPACE, GAP = 64, 28, 72
TRACK, RUN, ALARM = 30, 18, 92
ALARM_WIDTH = 264
LANE, LANES = 14, 5
ABREAST = 4
_NARROW, _BOLD = 6.4, 7.4
"""Widths of a character at 12 and, bold, at 13 px, on the safe side."""


@dataclass(frozen=True, slots=True)
class Place:
    """A zone to be drawn: its level, and the words in its box."""

    key: int
    level: str
    name: str
    about: str
    mark: str
    is_alarmed: bool = False


@dataclass(frozen=True, slots=True)
class Joint:
    """A conduit or an undeclared flow: its words, and which zones it touches.

    ``ends`` maps a zone to whether data may, or do, enter it.
    """

    words: tuple[str, ...]
    ends: tuple[tuple[int, bool], ...]
    is_alarm: bool = False
    is_idle: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A zone as drawn; ``y`` is its upper edge."""

    key: int
    x: int
    y: int
    width: int
    name: str
    about: str
    mark: str
    is_alarmed: bool

    @property
    def text_x(self) -> int:
        return self.x + 14

    @property
    def mark_x(self) -> int:
        return self.x + self.width - 14

    @property
    def name_y(self) -> int:
        return self.y + 26

    @property
    def about_y(self) -> int:
        return self.y + 45


@dataclass(frozen=True, slots=True)
class Tip:
    """An arrow head at a zone's edge."""

    path: str
    is_alarm: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A stroke from a label to a zone."""

    path: str
    is_alarm: bool
    is_idle: bool


@dataclass(frozen=True, slots=True)
class Label:
    """The words of a conduit, or the box that says that a flow is undeclared."""

    x: int
    y: int
    width: int
    height: int
    middle: int
    lines: tuple[tuple[int, str], ...]
    """Base line and words."""
    is_alarm: bool


@dataclass(frozen=True, slots=True)
class ZoneMap:
    """Everything that the template draws."""

    view_box: str
    width: int
    height: int
    levels: tuple[tuple[int, str], ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    tips: tuple[Tip, ...]
    labels: tuple[Label, ...]


@dataclass(slots=True)
class _Gap:
    """One gap between two rows: how far its tracks reach down, and which columns are taken."""

    used: int = 0
    taken: list[tuple[float, float]] = field(default_factory=list)
    shared: int | None = None
    """Offset of the track that straight conduits share."""

    def track(self, height: int) -> int:
        """Return the middle of a new track of ``height``."""
        middle = self.used + height // 2
        self.used += height
        return middle

    def column(self, low: float, high: float, width: float, wish: float) -> float:
        """Return a middle within low..high, ``width`` free of others, nearest to ``wish``."""
        places = sorted(_steps(low, high), key=lambda x: abs(x - wish))
        x = next((x for x in places if self.is_free(x, width)), places[0])
        self.taken.append((x - width / 2, x + width / 2))
        return x

    def is_free(self, x: float, width: float) -> bool:
        """Return whether nothing else stands in the column around ``x``."""
        return all(x + width / 2 < a or x - width / 2 > b for a, b in self.taken)

    def has_room(self, low: float, high: float, width: float) -> bool:
        """Return whether :meth:`column` would find a free one."""
        return any(self.is_free(x, width) for x in _steps(low, high))


def _steps(low: float, high: float) -> list[float]:
    count = max(1, int((high - low) // 8))
    return [low + (high - low) * step / count for step in range(count + 1)]


def lay_out(places: Sequence[Place], joints: Iterable[Joint]) -> ZoneMap:
    """Place every zone and every joint; an end in no drawn zone is left out."""
    return _Drawing(places).finished(list(joints))


@dataclass(slots=True)
class _Planned:
    """A joint whose columns are chosen and whose heights are not known yet."""

    joint: Joint
    gap: int
    offset: int
    x: float
    width: int
    near: list[tuple[int, bool, float]]
    far: list[tuple[int, bool, float, int, int]]
    """Zone, whether data enter, column at the zone, offset of the run, lane."""


class _Drawing:
    def __init__(self, places: Sequence[Place]) -> None:
        self.rows = _rows(places)
        self.row_of = {p.key: n for n, row in enumerate(self.rows) for p in row}
        self.span: dict[int, tuple[int, int]] = {}
        for row in self.rows:
            width = (RIGHT - LEFT - SPACE * (len(row) - 1)) // len(row)
            for position, place in enumerate(row):
                x = LEFT + position * (width + SPACE)
                self.span[place.key] = (x, x + width)
        self.gaps = [_Gap() for _ in self.rows]
        self.lanes = 0

    def finished(self, joints: list[Joint]) -> ZoneMap:
        drawn = [
            Joint(j.words, ends, j.is_alarm, j.is_idle)
            for j in joints
            if (ends := tuple(e for e in j.ends if e[0] in self.row_of))
        ]
        # What is straight goes first: it has the least choice.
        planned = [self._plan(joint) for joint in sorted(drawn, key=self._bends)]
        tops, height = self._heights()
        labels, lines, tips = [], [], []
        for plan in planned:
            y = tops[plan.gap] + BOX + self._start(plan.gap) + plan.offset
            labels.append(_label(plan, y))
            for key, enters, path, tip in self._strokes(plan, y, tops):
                alarm = plan.joint.is_alarm
                lines.append(Line(path, alarm, plan.joint.is_idle))
                if enters and key:
                    tips.append(Tip(tip, alarm))
        return ZoneMap(
            view_box=f"0 0 {WIDTH} {height}",
            width=WIDTH,
            height=height,
            levels=self._levels(tops),
            boxes=tuple(self._box(p, tops[n]) for n, row in enumerate(self.rows) for p in row),
            lines=tuple(lines),
            tips=tuple(tips),
            labels=tuple(labels),
        )

    def _bends(self, joint: Joint) -> int:
        return 0 if self._straight(joint) and not joint.is_alarm else 1 + len(joint.ends)

    def _straight(self, joint: Joint) -> tuple[int, int] | None:
        """Return the columns that all ends share, when they stand in two neighboring rows."""
        rows = {self.row_of[key] for key, _ in joint.ends}
        if len(joint.ends) != 2 or max(rows) - min(rows) != 1:
            return None
        low = max(self.span[key][0] for key, _ in joint.ends) + 16
        high = min(self.span[key][1] for key, _ in joint.ends) - 16
        return (low, high) if high >= low else None

    def _plan(self, joint: Joint) -> _Planned:
        rows = [self.row_of[key] for key, _ in joint.ends]
        top = min(rows)
        index = top
        if joint.is_alarm and max(rows) > top:
            index = max(rows) - 1  # the box stands beside the zone that the flow leaves or enters
        gap = self.gaps[index]
        width = ALARM_WIDTH if joint.is_alarm else _width(joint.words[0])
        shared = self._straight(joint)
        if shared and not joint.is_alarm:
            low, high = shared
            if not gap.has_room(low, high, width + 12):
                offset = gap.track(TRACK)  # under the others: words never lie on words
            else:
                offset = gap.shared = gap.track(TRACK) if gap.shared is None else gap.shared
            x = gap.column(low, high, width + 12, low + (high - low) / 3)
            near = [(key, enters, x) for key, enters in joint.ends]
            return _Planned(joint, index, offset, x, width, near, [])
        offset = gap.track((ALARM if joint.is_alarm else TRACK) + 8)
        near, far = [], []
        for key, enters in joint.ends:
            row, (low, high) = self.row_of[key], self.span[key]
            if row in (index, index + 1):
                at = gap.column(low + 16, high - 16, 14, low + (high - low) * 3 / 4)
                near.append((key, enters, at))
            else:
                far.append(self._through_lane(key, enters, below=row > index))
        wish = sum(at for _, _, at in near) / len(near) if near else (LEFT + RIGHT) / 2
        half = width / 2
        x = gap.column(LEFT + half, RIGHT - half, width + 12, wish + half / 2)
        return _Planned(joint, index, offset, x, width, near, far)

    def _through_lane(
        self, key: int, enters: bool, *, below: bool
    ) -> tuple[int, bool, float, int, int]:
        """Reach a zone further off: along a lane, then in the gap next to it."""
        row, (low, high) = self.row_of[key], self.span[key]
        gap = self.gaps[row - 1 if below else row]
        at = gap.column(low + 16, high - 16, 14, high - 40)
        lane = RIGHT + 16 + LANE * (self.lanes % LANES)
        self.lanes += 1
        return key, enters, at, gap.track(RUN), lane

    def _start(self, gap: int) -> int:
        return (self._tall(gap) - self.gaps[gap].used) // 2

    def _tall(self, gap: int) -> int:
        used = self.gaps[gap].used
        if gap == len(self.rows) - 1:
            return used + 28 if used else 0
        return max(GAP, used + 40)

    def _heights(self) -> tuple[list[int], int]:
        tops, y = [], 4
        for row in range(len(self.rows)):
            tops.append(y)
            y += BOX + self._tall(row)
        return tops, y + 4

    def _levels(self, tops: list[int]) -> tuple[tuple[int, str], ...]:
        found, last = [], ""
        for row, y in zip(self.rows, tops, strict=True):
            if row[0].level != last:
                last = row[0].level
                found.append((y + 28, f"Level {last}"))
        return tuple(found)

    def _box(self, place: Place, y: int) -> Box:
        x, end = self.span[place.key]
        inner = end - x - 28
        mark_width = len(place.mark) * _NARROW + 10
        return Box(
            key=place.key,
            x=x,
            y=y,
            width=end - x,
            name=_cut(place.name, inner / _BOLD),
            about=_cut(place.about, (inner - mark_width) / _NARROW),
            mark=place.mark,
            is_alarmed=place.is_alarmed,
        )

    def _strokes(
        self, plan: _Planned, y: int, tops: list[int]
    ) -> Iterable[tuple[int, bool, str, str]]:
        x = round(plan.x)
        for key, enters, near in plan.near:
            edge, sign = self._edge(key, plan.gap, tops)
            at = round(near)
            path = f"M{at} {edge}V{y}" + ("" if at == x else f"H{x}")
            yield key, enters, path, _tip(at, edge, sign)
        for key, enters, far, offset, lane in plan.far:
            below = self.row_of[key] > plan.gap
            gap = self.row_of[key] - 1 if below else self.row_of[key]
            edge, sign = self._edge(key, gap, tops)
            run = tops[gap] + BOX + self._start(gap) + offset
            at = round(far)
            yield key, enters, f"M{at} {edge}V{run}H{lane}V{y}H{x}", _tip(at, edge, sign)

    def _edge(self, key: int, gap: int, tops: list[int]) -> tuple[int, int]:
        """Return where a line meets the zone, and whether it comes from below (1) or above."""
        row = self.row_of[key]
        return (tops[row] + BOX, 1) if row <= gap else (tops[row], -1)


def _rows(places: Sequence[Place]) -> list[list[Place]]:
    """Return the zones by level, the highest first, at most four abreast."""
    rows: list[list[Place]] = []
    for level in sorted({place.level for place in places}, key=float, reverse=True):
        those = [place for place in places if place.level == level]
        rows += [those[i : i + ABREAST] for i in range(0, len(those), ABREAST)]
    return rows


def _label(plan: _Planned, y: int) -> Label:
    height = ALARM - 8 if plan.joint.is_alarm else 22
    top = y - height // 2
    words = plan.joint.words if plan.joint.is_alarm else plan.joint.words[:1]
    most = (plan.width - 24) / _NARROW if plan.joint.is_alarm else 44
    return Label(
        x=round(plan.x - plan.width / 2),
        y=top,
        width=plan.width,
        height=height,
        middle=round(plan.x),
        lines=tuple((top + 16 + 17 * n + 4 * plan.joint.is_alarm, _cut(w, most))
                    for n, w in enumerate(words)),
        is_alarm=plan.joint.is_alarm,
    )  # fmt: skip


def _width(words: str) -> int:
    return round(min(len(words), 44) * _NARROW + 16)


def _tip(x: int, y: int, sign: int) -> str:
    """Return an arrow head whose point touches the zone at (x, y)."""
    return f"M{x} {y}l-4 {8 * sign}h8z"


def _cut(words: str, most: float) -> str:
    most = max(4, int(most))
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
