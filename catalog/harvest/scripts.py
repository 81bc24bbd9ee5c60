"""Cutting SQL scripts into statements: psql's and mysql's own commands, bodies, data blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LARGEST_SCRIPT = 64 * 2**20
"""Bytes of one file; the DDL of 100,000 columns has about 10 MB."""
MOST_STATEMENTS = 200_000

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*)
    | (?P<block>/\*)
    | (?P<escaped>\b[eE]'(?:[^'\\]|\\.|'')*'?)
    | (?P<string>'(?:[^']|'')*'?)
    | (?P<name>"(?:[^"]|"")*"?)
    | (?P<dollar>(?<![\w$])\$(?:[^\W\d]\w*)?\$)
    | (?P<word>\b(?:atomic|case|end)\b)
    | (?P<send>\\g[^\n]*)
    | (?P<meta>\\[^\n]*)
    | (?P<end>;)
    """,
    re.X | re.I | re.S,
)
_MYSQL_TOKEN = re.compile(
    r"""
      (?P<comment>--(?=\s|$)[^\n]*|\#[^\n]*|\*/)
    | (?P<block>/\*)
    | (?P<string>'(?:[^'\\]|\\.|'')*'?)
    | (?P<name>`(?:[^`]|``)*`?|"(?:[^"\\]|\\.|"")*"?)
    | (?P<meta>^[ \t]*delimiter[ \t]+[^\n]*)
    | (?P<end>;)
    """,
    re.X | re.I | re.M | re.S,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_BODY = re.compile(r"create\s+(or\s+replace\s+)?(function|procedure)\b", re.I)
_DATA = re.compile(r"copy\b.*\bfrom\s+stdin\b", re.I | re.S)
_DATA_END = re.compile(r"^\\\.[ \t]*\r?$", re.M)


class ScriptUnreadable(Exception):
    """A file that is no SQL script, or one too large; the text is one line."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement without its comments and its semicolon."""

    text: str
    line: int
    """Where it begins, from one."""


def decoded(content: bytes) -> str:
    """Return the text of a script, without a byte order mark.

    Raises:
        ScriptUnreadable: it is too large, or no text in UTF-8 or (by its mark) UTF-16.
    """
    if len(content) > LARGEST_SCRIPT:
        raise ScriptUnreadable(f"larger than {LARGEST_SCRIPT // 2**20} MB")
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScriptUnreadable(f"no text in UTF-8: byte {error.start:,}") from None
    if "\0" in text:
        raise ScriptUnreadable("holds a NUL character, so it is no script")
    return text


def statements(script: str, *, is_mysql: bool = False) -> Iterator[Statement]:
    """Yield the statements of ``script`` in order.

    Commands of psql (``\\connect``) and of mysql (``DELIMITER``), the data after
    ``COPY ... FROM stdin``, and comments are left out; quoted texts, dollar-quoted and
    ``BEGIN ATOMIC`` bodies hold their semicolons. What is not closed ends with the script.

    Raises:
        ScriptUnreadable: there are more than `MOST_STATEMENTS`.
    """
    cutter = _Cutter(script, is_mysql)
    for number, statement in enumerate(cutter.run()):
        # Nothing after the last semicolon is no statement; nothing between two counts as work.
        if number > MOST_STATEMENTS or (statement.text and number == MOST_STATEMENTS):
            raise ScriptUnreadable(f"more than {MOST_STATEMENTS:,} statements")
        if statement.text:
            yield statement


@dataclass(slots=True)
class _Cutter:
    script: str
    is_mysql: bool
    position: int = 0
    copied: int = 0
    """All before this offset is in `parts` or left out."""
    parts: list[str] = field(default_factory=list)
    start: int | None = None
    """Offset of the statement's first character."""
    line: int = 1
    counted: int = 0

    def run(self) -> Iterator[Statement]:
        token_of = _MYSQL_TOKEN if self.is_mysql else _TOKEN
        depth = 0  # of BEGIN ATOMIC ... END and the CASE ... END in it
        while (token := token_of.search(self.script, self.position)) is not None:
            kind, self.position = token.lastgroup, token.end()
            if kind == "word":
                depth = self._depth(depth, token)
            elif kind == "dollar":
                close = self.script.find(token.group(), self.position)
                self.position = len(self.script) if close < 0 else close + len(token.group())
            elif kind in ("comment", "block", "meta"):
                self._keep(token.start())
                if kind == "block":
                    self._block(token.start())
                elif kind == "meta" and self.is_mysql:
                    self._delimited(token.group().split()[-1])
                self.parts.append(" ")
                self.copied = self.position
            elif kind == "send" or (kind == "end" and depth == 0):
                self._keep(token.start())
                is_data = _DATA.match("".join(self.parts).lstrip()) is not None
                yield from self._statement()
                if is_data:
                    self._skip_data()
                self.copied = self.position
                depth = 0
        self._keep(len(self.script))
        yield from self._statement()

    def _keep(self, end: int) -> None:
        part = self.script[self.copied : end]
        if self.start is None and (text := part.lstrip()):
            self.start = end - len(text)
        self.parts.append(part)

    def _statement(self) -> Iterator[Statement]:
        text = "".join(self.parts).strip()
        if self.start is not None:
            self.line += self.script.count("\n", self.counted, self.start)
            self.counted = self.start
        yield Statement(text, self.line)
        self.parts, self.start = [], None

    def _depth(self, depth: int, token: re.Match[str]) -> int:
        word = token.group().lower()
        if word == "atomic":
            before = "".join(self.parts) + self.script[self.copied : token.start()]
            is_body = _BODY.match(before.lstrip()) and before.rstrip().lower().endswith("begin")
            return depth + 1 if is_body else depth
        if depth == 0:
            return 0
        return depth + 1 if word == "case" else depth - 1

    def _block(self, start: int) -> None:
        """Move behind a comment; PostgreSQL's may hold others, MySQL's ``/*!`` is no comment."""
        if self.is_mysql:
            if self.script.startswith(("/*!", "/*M!"), start):
                mark = re.compile(r"/\*M?!\d*").match(self.script, start)
                self.position = mark.end() if mark else self.position
                return
            close = self.script.find("*/", self.position)
            self.position = len(self.script) if close < 0 else close + 2
            return
        depth = 1
        while depth and (edge := _BLOCK_EDGE.search(self.script, self.position)) is not None:
            depth += 1 if edge.group() == "/*" else -1
            self.position = edge.end()
        if depth:
            self.position = len(self.script)

    def _delimited(self, delimiter: str) -> None:
        """Skip what stands between a changed delimiter and its return: routines and triggers."""
        if delimiter == ";":
            return
        back = re.compile(r"^[ \t]*delimiter[ \t]+;", re.I | re.M).search(
            self.script, self.position
        )
        self.position = len(self.script) if back is None else back.end()

    def _skip_data(self) -> None:
        line_end = self.script.find("\n", self.position)
        close = None if line_end < 0 else _DATA_END.search(self.script, line_end)
        self.position = len(self.script) if close is None else close.end()
