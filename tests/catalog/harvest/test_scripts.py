"""Cutting scripts: what ends a statement, and what only looks like it."""

import pytest

from catalog.harvest import scripts
from catalog.harvest.scripts import ScriptUnreadable, decoded, statements


def cut(script: str, **how: bool) -> list[str]:
    return [" ".join(found.text.split()) for found in statements(script, **how)]


CUTS = {
    "statements": ("a; b ;\n;c", ["a", "b", "c"]),
    "quotes": ("a ';' \";\" ''';'; b", ["a ';' \";\" ''';'", "b"]),
    "an escaped string": (r"a E'\';' ; b", [r"a E'\';'", "b"]),
    "a backslash in a plain string": (r"a '\'; b", [r"a '\'", "b"]),
    "comments": ("a -- ;\n b /* ; /* ; */ ; */ c; d", ["a b c", "d"]),
    "dollar quotes": (
        "f $$ ; $x$ ; $$ ; g $x$ ; $$ $x$; h",
        ["f $$ ; $x$ ; $$", "g $x$ ; $$ $x$", "h"],
    ),
    "a dollar in a name": ("a$b$c; d", ["a$b$c", "d"]),
    "parameters": ("a $1; b $2", ["a $1", "b $2"]),
    "commands of psql": ("\\connect x;y\na;\n\\copy t from 'x;' csv\nb;\\q", ["a", "b"]),
    "a command that sends": ("SELECT 1 \\gexec\nb;", ["SELECT 1", "b"]),
    "data": (
        "COPY t (a) FROM stdin;\n1;2\n'\n$$\n\\.\nb;",
        ["COPY t (a) FROM stdin", "b"],
    ),
    "data with carriage returns": (
        "COPY t FROM stdin;\r\n';\r\n\\.\r\nb;",
        ["COPY t FROM stdin", "b"],
    ),
    "data to the end": ("COPY t FROM stdin;\n1", ["COPY t FROM stdin"]),
    "a copy from a file": ("COPY t FROM '/x'; b", ["COPY t FROM '/x'", "b"]),
    "a body of the standard": (
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2;"
        " END; b",
        [
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END;"
            " SELECT 2; END",
            "b",
        ],
    ),
    "quotes without end": ("a; b 'c; d", ["a", "b 'c; d"]),
    "dollars without end": ("a; b $$c; d", ["a", "b $$c; d"]),
    "a comment without end": ("a; b /* c; d", ["a", "b"]),
    "nothing": ("", []),
    "only comments": ("-- a;\n/* b; */", []),
}


@pytest.mark.parametrize("sort", CUTS)
def test_a_script_is_cut_where_psql_would(sort: str) -> None:
    script, expected = CUTS[sort]
    assert cut(script) == expected


MYSQL = {
    "quotes": (r"a '\';' `;` ; b", [r"a '\';' `;`", "b"]),
    "comments": ("a # ;\n; b -- ;\n; c--1; d", ["a", "b", "c--1", "d"]),
    "what is no comment": ("/*!40101 SET x=1 */; a /*!50 b */ c;", ["SET x=1", "a b c"]),
    "another delimiter": ("a;\nDELIMITER ;;\nb; c;;\nDELIMITER ;\nd;", ["a", "d"]),
}


@pytest.mark.parametrize("sort", MYSQL)
def test_a_script_of_mysql_is_cut_where_mysql_would(sort: str) -> None:
    script, expected = MYSQL[sort]
    assert cut(script, is_mysql=True) == expected


def test_each_statement_knows_its_line() -> None:
    script = "a;\n\n-- c\n b\n x;\nCOPY t FROM stdin;\n1\n2\n\\.\n  c;"
    assert [found.line for found in statements(script)] == [1, 4, 6, 10]


def test_byte_order_marks_are_taken_off() -> None:
    assert decoded(b"\xef\xbb\xbfa;") == "a;"
    assert decoded("a;".encode("utf-16")) == "a;"


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\xff\xff\x00", "no text"), (b"a\x00b", "NUL"), (b"PGDMP\x01\x0e\x00", "NUL")],
)
def test_what_is_no_text_is_refused(content: bytes, expected: str) -> None:
    with pytest.raises(ScriptUnreadable, match=expected):
        decoded(content)


def test_size_and_number_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "LARGEST_SCRIPT", 2**20)
    with pytest.raises(ScriptUnreadable, match="larger than 1 MB"):
        decoded(b" " * (2**20 + 1))
    monkeypatch.setattr(scripts, "MOST_STATEMENTS", 3)
    with pytest.raises(ScriptUnreadable, match="more than 3 statements"):
        cut("a;b;c;d")
