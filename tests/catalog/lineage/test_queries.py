"""Lineage of single queries, written down by hand, one SQL construct each."""

import random
import re
import time

import pytest

from catalog.lineage.flows import TRANSFORMS, Flow, Source
from catalog.lineage.parsing import LONGEST_TEXT
from catalog.lineage.queries import Traced, mentioned, trace, trace_expression
from catalog.lineage.scopes import Unresolved

KNOWN = {
    ("s", "t"): ["a", "b", "c", "arr"],
    ("s", "u"): ["a", "x", "y"],
    ("s", "Odd.Name"): ["Addr.Loc", "addr.loc", 'say "hi"'],
}


def name(source: Source) -> str:
    return ".".join([*source[0][1:], source[1]])


def told(flow: Flow) -> str:
    """``t.a`` identity, ``t.a~`` transformation, ``t.a+`` aggregation, mask behind, then why."""
    signs = dict(zip(TRANSFORMS, ("", "~", "+"), strict=True))
    direct = [
        name(source) + signs[TRANSFORMS[strongest]] + (f"[{mask}]" if mask else "")
        for source, (strongest, mask) in flow.direct.items()
    ]
    indirect = [f"({role} {name(source)})" for source, role in flow.indirect]
    return " ".join([*sorted(direct), *sorted(indirect)]) + (f" !{flow.reason}" * bool(flow.reason))


def deciding(traced: Traced) -> set[str]:
    return {f"{role} {name(source)}" for source, role in traced.influences}


def looked(sql: str) -> Traced:
    return trace(sql, KNOWN, path=[("s",)])


COLUMNS = {
    "a column": ("SELECT a FROM s.t", ["t.a"]),
    "an alias": ("SELECT x.a AS z FROM s.t x", ["t.a"]),
    "a literal": ("SELECT 1, 'x', NULL::text FROM t", ["", "", ""]),
    "a cast changes the value's form": ("SELECT a::text, (a)::int FROM t", ["t.a~", "t.a~"]),
    "parentheses do not": ("SELECT ((a)) FROM t", ["t.a"]),
    "an operator": ("SELECT a + b, a || 'x' FROM t", ["t.a~ t.b~", "t.a~"]),
    "a function": ("SELECT upper(c), s.own(a, b) FROM t", ["t.c~", "t.a~ t.b~"]),
    "an aggregate": ("SELECT a, sum(b), count(*) FROM t GROUP BY a", ["t.a", "t.b+", ""]),
    "an aggregate of one's own": (
        "SELECT s.gc(b || c), s.f(a) FROM t GROUP BY a",
        ["t.b+ t.c+", "t.a~"],
    ),
    "an aggregate in an expression": ("SELECT 1 + max(a) FROM t", ["t.a+"]),
    "an ordered aggregate": ("SELECT array_agg(a ORDER BY b) FROM t", ["t.a+ (sort t.b)"]),
    "an ordered-set aggregate": (
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t",
        ["t.a+"],
    ),
    "a filtered aggregate": (
        "SELECT sum(a) FILTER (WHERE b > 1) FROM t",
        ["t.a+ (conditional t.b)"],
    ),
    "a window": (
        "SELECT sum(a) OVER (PARTITION BY b ORDER BY c) FROM t",
        ["t.a+ (window t.b) (window t.c)"],
    ),
    "a window function of one row": (
        "SELECT lag(a) OVER (ORDER BY b) FROM t",
        ["t.a~ (window t.b)"],
    ),
    "a row number": ("SELECT row_number() OVER (ORDER BY b) FROM t", ["(window t.b)"]),
    "a named window": (
        "SELECT max(a) OVER w FROM t WINDOW w AS (PARTITION BY c)",
        ["t.a+ (window t.c)"],
    ),
    "a window built on another": (
        "SELECT max(a) OVER (w ORDER BY b) FROM t WINDOW w AS (PARTITION BY c)",
        ["t.a+ (window t.b) (window t.c)"],
    ),
    "a CASE": (
        "SELECT CASE WHEN a > 1 THEN b ELSE c END FROM t",
        ["t.b~ t.c~ (conditional t.a)"],
    ),
    "a simple CASE": (
        "SELECT CASE a WHEN b THEN c END FROM t",
        ["t.c~ (conditional t.a) (conditional t.b)"],
    ),
    "NULLIF and COALESCE": (
        "SELECT NULLIF(a, b), COALESCE(a, b) FROM t",
        ["t.a~ (conditional t.b)", "t.a~ t.b~"],
    ),
    "a scalar subquery": (
        "SELECT (SELECT max(x) FROM u WHERE u.a = t.a) FROM t",
        ["u.x+ (filter t.a) (filter u.a)"],
    ),
    "EXISTS": (
        "SELECT EXISTS (SELECT 1 FROM u WHERE u.y = t.b) FROM t",
        ["(conditional t.b) (conditional u.y)"],
    ),
    "an array of a query": ("SELECT ARRAY(SELECT x FROM u) FROM t", ["u.x~"]),
    "a derived table": ("SELECT d.z FROM (SELECT a + 1 AS z FROM t) d", ["t.a~"]),
    "column names of a derived table": ("SELECT d.z FROM (SELECT a, b FROM t) d(y, z)", ["t.b"]),
    "column names of a table": ("SELECT k.z FROM t k(y, z)", ["t.b"]),
    "LATERAL": (
        "SELECT l.q FROM t, LATERAL (SELECT t.b || u.x AS q FROM u) l",
        ["t.b~ u.x~"],
    ),
    "no LATERAL sees no neighbor": (
        "SELECT d.q FROM t, (SELECT t.b AS q FROM u) d",
        [" !no column t.b"],
    ),
    "VALUES": ("SELECT v.n FROM t, (VALUES (1, 2), (3, 4)) v(m, n)", [""]),
    "VALUES with columns": ("SELECT v.n FROM t, LATERAL (VALUES (t.a), (t.b)) v(n)", ["t.a t.b"]),
    "unnest": ("SELECT e, o FROM t, unnest(t.arr) WITH ORDINALITY k(e, o)", ["t.arr~", "t.arr~"]),
    "a series": ("SELECT g, g.g FROM t, generate_series(1, t.a) g", ["t.a~", "t.a~"]),
    "records of JSON": (
        "SELECT r.p FROM t, LATERAL jsonb_to_recordset(t.c) r(p int, q text)",
        ["t.c~"],
    ),
    "functions side by side": (
        "SELECT i, j FROM t, ROWS FROM (unnest(t.arr), unnest(t.c)) AS f(i, j)",
        ["t.arr~ t.c~", "t.arr~ t.c~"],
    ),
    "a function that reads by itself": (
        "SELECT ct.z FROM s.crosstab('select 1'::text) ct(z int)",
        [" !its rows come from the function crosstab"],
    ),
    "a star": ("SELECT * FROM u", ["u.a", "u.x", "u.y"]),
    "a star of one": ("SELECT u.* FROM t, u", ["u.a", "u.x", "u.y"]),
    "a star over USING": (
        "SELECT * FROM t JOIN u USING (a)",
        ["t.a", "t.b", "t.c", "t.arr", "u.x", "u.y"],
    ),
    "a full join": ("SELECT a FROM t FULL JOIN u USING (a)", ["t.a u.a"]),
    "a right join": ("SELECT a FROM t RIGHT JOIN u USING (a)", ["u.a"]),
    "a natural join": (
        "SELECT * FROM t NATURAL JOIN u",
        ["t.a", "t.b", "t.c", "t.arr", "u.x", "u.y"],
    ),
    "a join with an alias": ("SELECT j.k FROM (t JOIN u USING (a)) j(k)", ["t.a"]),
    "joins in parentheses": (
        "SELECT t.a, v.y FROM ((s.t t JOIN s.u u ON (t.a = u.a)) LEFT JOIN s.u v ON true)",
        ["t.a", "u.y"],
    ),
    "a whole row": ("SELECT row_to_json(t.*), k FROM t, u k", ["t.*~", "u.*~"]),
    "a row in parentheses": ("SELECT (t.b).field FROM t", ["t.b~"]),
    "UNION": ("SELECT a FROM t UNION SELECT x FROM u", ["t.a u.x"]),
    "EXCEPT": ("SELECT a FROM t EXCEPT SELECT x FROM u", ["t.a"]),
    "TABLE": ("TABLE u", ["u.a", "u.x", "u.y"]),
    "a common table expression": ("WITH c AS (SELECT a AS z FROM t) SELECT z FROM c", ["t.a"]),
    "one that hides a table": ("WITH t AS (SELECT x FROM u) SELECT x FROM t", ["u.x"]),
    "one inside another": (
        "WITH c(z) AS (WITH d AS (SELECT b FROM t) SELECT b FROM d) SELECT z FROM c",
        ["t.b"],
    ),
    "a recursive one": (
        "WITH RECURSIVE c(n, m) AS (SELECT a, b FROM t UNION ALL"
        " SELECT c.m, u.x FROM c JOIN u ON u.a = c.n) SELECT n, m FROM c",
        ["t.a t.b u.x", "t.b u.x"],
    ),
    "one that turns in a circle": (
        "WITH RECURSIVE c(n, m) AS (SELECT a, b FROM t UNION ALL SELECT m, n FROM c)"
        " SELECT n FROM c",
        ["t.a t.b"],
    ),
    "PostgreSQL's own relations": ("SELECT relname FROM pg_class", [""]),
    "a system column": ("SELECT ctid FROM t", [""]),
    "an unknown column": ("SELECT nothing FROM t", [" !no column nothing"]),
    "an unknown table": ("SELECT q.z FROM q", [" !q is not known"]),
    "names that differ in case": (
        'SELECT "Addr.Loc", o."addr.loc", "say ""hi""" FROM s."Odd.Name" o',
        ["Odd.Name.Addr.Loc", "Odd.Name.addr.loc", 'Odd.Name.say "hi"'],
    ),
    "letters of any case without quotes": ("SELECT A, T.B FROM S.T", ["t.a", "t.b"]),
}


@pytest.mark.parametrize("construct", COLUMNS)
def test_each_column_says_where_it_comes_from(construct: str) -> None:
    sql, expected = COLUMNS[construct]
    assert [told(flow) for flow in looked(sql).columns] == expected


MASKS = {
    "md5(c)": "t.c~[hash]",
    "upper(md5(c))": "t.c~[hash]",
    "encode(sha256((c)::bytea), 'hex'::text)": "t.c~[hash]",
    "s.digest(c, 'sha256'::text)": "t.c~[hash]",
    "md5(a || c)": "t.a~[hash] t.c~[hash]",
    "md5(c) || c": "t.c~",
    "md5(c) || left(c, 1)": "t.c~",
    '"left"((c)::text, 2)': "t.c~[partial]",
    "right(c, 4)": "t.c~[partial]",
    "'***' || right(c, 4)": "t.c~[partial]",
    "substr(c, 1, 3)": "t.c~[partial]",
    '"substring"((c)::text, 1, 3)': "t.c~[partial]",
    "left(c, 200)": "t.c~",
    "left(c, b)": "t.c~ t.b~",
    "left(c, -1)": "t.c~",
    "substr(c, 2)": "t.c~",
    "left(b || c, 2)": "t.b~ t.c~",
    "date_trunc('year'::text, c)": "t.c~[year]",
    "EXTRACT(year FROM c)": "t.c~[year]",
    "date_part('year'::text, c)": "t.c~[year]",
    "to_char(c, 'YYYY'::text)": "t.c~[year]",
    "date_trunc('month'::text, c)": "t.c~",
    "EXTRACT(epoch FROM c)": "t.c~",
    "max(md5(c))": "t.c+[hash]",
    "CASE WHEN a > 1 THEN md5(c) ELSE c END": "t.c~ (conditional t.a)",
    "CASE WHEN a > 1 THEN md5(c) ELSE NULL END": "t.c~[hash] (conditional t.a)",
}


@pytest.mark.parametrize("expression", MASKS)
def test_a_mask_counts_when_the_whole_way_goes_through_it(expression: str) -> None:
    (flow,) = looked(f"SELECT {expression} FROM s.t").columns
    assert sorted(told(flow).split()) == sorted(MASKS[expression].split())


def test_a_mask_inside_a_derived_table_is_kept() -> None:
    sql = "WITH h AS (SELECT md5(c) AS h, c FROM t) SELECT h, h || 'x', c FROM h"
    assert [told(flow) for flow in looked(sql).columns] == ["t.c~[hash]", "t.c~[hash]", "t.c"]


DECIDING = {
    "WHERE": ("SELECT a FROM t WHERE b > 1 AND c = 'x'", {"filter t.b", "filter t.c"}),
    "HAVING": ("SELECT count(*) FROM t HAVING max(b) > 1", {"filter t.b"}),
    "ON": ("SELECT t.b FROM t JOIN u ON t.a = u.a", {"join t.a", "join u.a"}),
    "USING": ("SELECT b FROM t JOIN u USING (a)", {"join t.a", "join u.a"}),
    "GROUP BY": ("SELECT a FROM t GROUP BY a, b", {"group_by t.a", "group_by t.b"}),
    "GROUP BY a number": ("SELECT b FROM t GROUP BY 1", {"group_by t.b"}),
    "GROUPING SETS": (
        "SELECT a, b FROM t GROUP BY GROUPING SETS ((a), (b))",
        {"group_by t.a", "group_by t.b"},
    ),
    "DISTINCT ON": ("SELECT DISTINCT ON (b) a FROM t", {"group_by t.b"}),
    "ORDER BY": ("SELECT a FROM t ORDER BY b", {"sort t.b"}),
    "ORDER BY a number": ("SELECT a FROM t ORDER BY 1", {"sort t.a"}),
    "ORDER BY an output": ("SELECT b AS a FROM t ORDER BY a", {"sort t.b"}),
    "ORDER BY after a union": (
        "(SELECT a FROM t) UNION (SELECT x FROM u) ORDER BY 1",
        {"sort t.a", "sort u.x"},
    ),
    "a subquery in WHERE": (
        "SELECT a FROM t WHERE b IN (SELECT x FROM u WHERE y > 1)",
        {"filter t.b", "filter u.x", "filter u.y"},
    ),
    "EXISTS in WHERE": (
        "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = t.b)",
        {"filter t.b", "filter u.x"},
    ),
    "a derived table": ("SELECT z.a FROM (SELECT a FROM t WHERE b > 1) z", {"filter t.b"}),
    "EXCEPT": ("SELECT a FROM t EXCEPT SELECT x FROM u", {"filter u.x"}),
    "a recursive table": (
        "WITH RECURSIVE c AS (SELECT a FROM t UNION SELECT c.a FROM c WHERE c.a > 1)"
        " SELECT a FROM c",
        {"filter t.a"},
    ),
}


@pytest.mark.parametrize("clause", DECIDING)
def test_what_decides_the_rows_is_told_apart(clause: str) -> None:
    sql, expected = DECIDING[clause]
    assert deciding(looked(sql)) == expected


def test_a_relation_without_used_columns_is_read_all_the_same() -> None:
    assert looked("SELECT count(*) FROM t").read == {("s", "t")}


def test_a_generated_column_comes_from_the_columns_of_its_expression() -> None:
    flow = trace_expression("(value * (2)::numeric)", ("mes", "reading"), ["line", "value"])
    assert told(flow) == "reading.value~"


def test_a_query_inside_a_string_is_read_as_far_as_its_names_are_known() -> None:
    sql = (
        "SELECT k.z FROM s.crosstab('SELECT a, b FROM s.t WHERE c > 1 ORDER BY 1', $$x$$) k(z int)"
    )
    traced = looked(sql)
    assert sorted(map(name, traced.quoted)) == ["t.a", "t.b", "t.c"]
    assert traced.columns[0].direct == {}
    nothing = looked("SELECT k.z FROM s.f('SELECT a FROM s.none', 'select') k(z int)")
    assert nothing.quoted == frozenset()


def test_relations_are_named_even_where_columns_are_not() -> None:
    sql = "SELECT * FROM t, unknown"
    with pytest.raises(Unresolved, match="unknown is not known"):
        looked(sql)
    assert mentioned(sql, KNOWN, path=[("s",)]) == {("s", "t")}


BAD = {
    "nothing": ("", "not readable"),
    "half a query": ("SELECT FROM WHERE", "not readable"),
    "another statement": ("DROP TABLE t", "is no query"),
    "a megabyte": ("SELECT a FROM t WHERE c = '" + "x" * 1_000_000 + "'", "longer than"),
    "brackets without end": ("SELECT " + "(" * 3_000 + "1" + ")" * 3_000, "nested too deeply"),
    "subqueries without end": (
        "SELECT a FROM " + "(SELECT a FROM " * 900 + "t" + ") z" * 900,
        "nested too deeply",
    ),
    "unequal parts": ("SELECT a, b FROM t UNION SELECT x FROM u", "number of columns"),
    "columns that double": (
        "WITH c0 AS (SELECT * FROM t)"
        + "".join(f", c{n + 1} AS (SELECT * FROM c{n} x, c{n} y)" for n in range(30))
        + " SELECT * FROM c30",
        "too many columns",
    ),
    "a name with a hole": ("SELECT k.a FROM s.. k", "not known"),
    "more names than columns": ("WITH c(z) AS (SELECT FROM t) SELECT z FROM c", "no column z"),
    "a NUL": ("SELECT a\0 FROM t", "not readable|no column"),
}


def why_not(sql: str) -> str:
    try:
        return next((flow.reason for flow in looked(sql).columns if flow.reason), "")
    except Unresolved as error:
        return str(error)


@pytest.mark.parametrize("sort", BAD)
def test_what_cannot_be_followed_is_told_in_a_line_and_in_time(sort: str) -> None:
    sql, expected = BAD[sort]
    began = time.monotonic()
    reason = why_not(sql)
    assert re.search(expected, reason)
    assert "\n" not in reason
    assert len(reason) < 200
    assert time.monotonic() - began < 5


def test_half_a_text_is_read_or_refused_and_never_breaks() -> None:
    texts = [sql for sql, _ in COLUMNS.values()] + [sql for sql, _ in DECIDING.values()]
    tokens = [re.findall(r"\w+|\s+|.", sql) for sql in texts]
    chance = random.Random(20261117)
    refused = 0
    for _ in range(1_500):
        parts = list(chance.choice(tokens))
        for _ in range(chance.choice((1, 2, 4))):
            parts[chance.randrange(len(parts))] = chance.choice(chance.choice(tokens))
        try:
            looked("".join(parts))
        except Unresolved:
            refused += 1
    assert 100 < refused < 1_400


def test_long_chains_are_followed() -> None:
    many = " + ".join(["a"] * 3_000)
    assert told(looked(f"SELECT {many} AS s FROM t").columns[0]) == "t.a~"
    union = " UNION ALL ".join(["SELECT a FROM t"] * 500)
    assert told(looked(union).columns[0]) == "t.a"
    joins = "(" * 150 + "t" + "".join(f" JOIN u u{n} ON (t.a = u{n}.a))" for n in range(150))
    assert told(looked(f"SELECT t.b FROM {joins}").columns[0]) == "t.b"


@pytest.mark.parametrize(
    "odd", ["a" * 10_000, "\u202eemag\u202c", 'a"b', "a.b", "a'b", "ünï", " ", "select"]
)
def test_odd_names_are_names(odd: str) -> None:
    known = {("s", odd): [odd, "other"]}
    quoted = '"' + odd.replace('"', '""') + '"'
    traced = trace(f"SELECT k.{quoted}, {quoted} AS z FROM s.{quoted} k", known)
    assert [set(flow.direct) for flow in traced.columns] == [{(("s", odd), odd)}] * 2
    assert 3 * len(odd) < LONGEST_TEXT
