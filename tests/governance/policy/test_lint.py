"""Each thing that lint knows: a rule that has it, and one close by that has not."""

from dataclasses import replace

import pytest

from config import baseline
from governance.domain import circumstances
from governance.domain.gaps import Use
from governance.policy import content as contents
from governance.policy import lint
from governance.policy.casbin_policy import Rule
from governance.policy.content import Content, Line
from governance.policy.lint import Level, Vocabulary

TYPE, ACT = "catalog.asset", "catalog:asset:read"
KNOWN = Vocabulary(
    roles=frozenset({"steward", "auditor", "ghost"}),
    held=frozenset({"steward", "auditor"}),
    acts=frozenset({ACT}),
    domains=frozenset({"site:leipzig"}),
    types={TYPE: {"level": "str", "criticality": "int", "personal": "bool", "owner": ""}},
    subject={"party": "str", "service": "bool"},
    environment=circumstances.KINDS,
    functions=frozenset({"keyMatch", "rank"}),
)


def line(**over: object) -> Line:
    fields: dict[str, object] = {
        "sub": "steward",
        "dom": "*",
        "rtype": TYPE,
        "act": ACT,
        "cond": "True",
        "eft": "allow",
    }
    marked = bool(over.pop("is_overridable", False))
    fields |= over
    fields.setdefault("rid", "/".join(str(value) for value in fields.values())[:80])
    return Line(Rule(**fields), marked)  # type: ignore[arg-type]


def codes(*lines: Line, model: str = "", known: Vocabulary = KNOWN) -> dict[str, Level]:
    content = Content(model or baseline.model_conf(), lines)
    return {one.code: one.level for one in lint.check(content, known)}


def test_a_plain_rule_is_clean() -> None:
    assert codes(line()) == {}


CONDITIONS = [
    ("r.res.level == 'internal' && !r.sub.service", None),
    ("r.res.criticality >= 2 || r.res.level in ('a', 'b')", None),
    ("r.res.personal", None),
    ("r.res.owner == r.sub.key and r.dom != ''", None),
    ("keyMatch(r.res.level, 'x*')", None),
    ("r.env.mfa == True and 8 <= r.env.hour and r.env.weekday < 5", None),
    ("r.env.at > 1760000000 or r.env.purpose in ('quality', 'safety')", None),
    ("rank(r.res.level) <= rank('internal')", None),
    ("rank(r.res.level) == 'internal'", "type_mismatch"),
    ("rank(r.res.criticality) > 1", "type_mismatch"),
    ("rank(r.res.level, 'x') > 1", "type_mismatch"),
    ("rank(r.res.level)", "type_mismatch"),
    ("rank(r.res.level) > rank('secret')", "unknown_level"),
    ("r.env.hour == 'nine'", "type_mismatch"),
    ("r.env.mfa == 1", "type_mismatch"),
    ("r.res.level ==", "unparsable_condition"),
    ("False) || (True", "unparsable_condition"),
    ("r.res.level == 'a\0b'", "unparsable_condition"),
    ("(" * 400 + "True" + ")" * 400, "unparsable_condition"),
    ("not " * 60 + "True", "unparsable_condition"),
    ("True or " * 150 + "True", "unparsable_condition"),
    ("9**9**9**9 == 1", "unsupported_expression"),
    ("1 + 1 == 2", "unsupported_expression"),
    ("[x for x in r.res.level] == []", "unsupported_expression"),
    ("r.sub.__class__ == 'x'", "unsupported_expression"),
    ("r.sub.key.__class__.__mro__ == 'x'", "unsupported_expression"),
    ("().__class__ == 'x'", "unsupported_expression"),
    ("r.sub.func_globals == 'x'", "unsupported_expression"),
    ("r.res.level.upper() == 'X'", "unsupported_expression"),
    ("lambda: True", "unsupported_expression"),
    ("True if r.sub.service else False", "unsupported_expression"),
    ("r.res.color == 'red'", "unknown_attribute"),
    ("r.env.minute < 8", "unknown_attribute"),
    ("q.res.level == 'x'", "unknown_attribute"),
    ("level == 'x'", "unknown_attribute"),
    ("p.nothing == 'x'", "unknown_attribute"),
    ("__import__('os')", "unknown_function"),
    ("open('/etc/passwd')", "unknown_function"),
    ("r.res.criticality == 'high'", "type_mismatch"),
    ("r.res.level < 3", "type_mismatch"),
    ("r.res.level in ('a', 3)", "type_mismatch"),
    ("r.res.level", "type_mismatch"),
    ("r.res.personal and r.res.criticality", "type_mismatch"),
    ("1", "type_mismatch"),
]


@pytest.mark.parametrize(("cond", "code"), CONDITIONS, ids=[text[:40] for text, _ in CONDITIONS])
def test_a_condition_says_what_may_be_said(cond: str, code: str | None) -> None:
    found = codes(line(cond=cond, rid="r"))
    assert found == ({code: Level.ERROR} if code else {})


def test_a_text_with_operators_is_rewritten_by_casbin() -> None:
    assert codes(line(cond="r.res.level == 'a!b'"))["rewritten_literal"] is Level.WARNING
    assert codes(line(cond="r.res.level != 'ab'")) == {}


@pytest.mark.parametrize(
    ("over", "code", "level"),
    [
        ({"sub": "nobody"}, "unknown_role", Level.ERROR),
        ({"rtype": "catalog.moon"}, "unknown_type", Level.ERROR),
        ({"act": "catalog:asset:burn"}, "unknown_act", Level.ERROR),
        ({"dom": "site:moon", "eft": "deny"}, "unknown_scope", Level.ERROR),
        ({"sub": "user:1"}, "rule_to_a_person", Level.WARNING),
        ({"act": "*"}, "wide_rule", Level.WARNING),
        ({"sub": "ghost"}, "unreachable", Level.WARNING),
    ],
)
def test_a_rule_names_what_exists(over: dict[str, str], code: str, level: Level) -> None:
    assert codes(line(), line(**over))[code] is level


def test_a_site_tightens_freely_and_loosens_what_is_left_to_it() -> None:
    local = line(sub="auditor", dom="site:leipzig")
    denied = line(sub="auditor", dom="site:leipzig", eft="deny")
    assert codes(line(), denied) == {}
    assert codes(line(), local) == {"loosens_baseline": Level.ERROR}
    assert codes(line(is_overridable=True), local) == {}
    assert codes(line(act="*", is_overridable=True), local)["wide_rule"] is Level.WARNING
    assert "loosens_baseline" not in codes(line(act="*", is_overridable=True), local)
    marked = line(sub="auditor", dom="site:leipzig", eft="deny", is_overridable=True)
    assert codes(line(), marked) == {"overridable_override": Level.ERROR}


def test_a_rule_that_says_nothing_new_or_nothing_at_all() -> None:
    assert codes(line(), line(rid="again")) == {"duplicate": Level.WARNING}
    local = line(dom="site:leipzig")
    assert codes(line(is_overridable=True), local) == {"duplicate": Level.WARNING}
    assert codes(line(), line(eft="deny"))["shadowed"] is Level.WARNING
    assert "shadowed" not in codes(line(), line(eft="deny", cond="r.res.personal"))
    assert "shadowed" not in codes(line(), line(eft="deny", sub="auditor"))


def test_many_conditions_on_one_key_are_slow() -> None:
    some = [line(cond=f"r.res.criticality == {n}", rid=str(n)) for n in range(65)]
    assert codes(*some) == {"crowded": Level.WARNING}
    assert codes(*some[:64]) == {}


def test_a_model_permits_only_what_a_rule_permits() -> None:
    effect = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
    model = baseline.model_conf()
    assert effect in model
    turned = model.replace(effect, "!some(where (p.eft == deny))")
    assert codes(line(), model=turned) == {"default_allow": Level.ERROR}
    assert codes(line(), model="[nonsense") == {"unreadable_model": Level.ERROR}


def test_an_act_of_nobody_is_told() -> None:
    assert codes(line(eft="deny"))["unused_act"] is Level.WARNING


def test_a_file_is_read_whole_or_refused() -> None:
    content = Content("m", (line(), line(dom="site:leipzig", is_overridable=True)), "tests: []")
    assert contents.read(contents.to_json(content), model_conf="") == content
    rows = contents.to_csv(content)
    assert contents.read(rows, model_conf="m", tests="tests: []") == content
    for text, says in (
        ("", "no rule"),
        ('{"format": "x"}', "not a policy"),
        ("{", "not JSON"),
        ("[" * 100_000, "no rule"),
        (contents.to_json(content).replace("steward", "auditor"), "digest"),
        (rows + rows.splitlines()[1] + "\n", "comes twice"),
        (rows.replace("rid,", "id,"), "unknown column"),
        (rows.replace(",allow,", ",maybe,"), "allow or deny"),
        (rows.replace(",True,", f",{'x' * 1001},"), "more than 1000"),
        (rows.replace(",True,", ",a\x07b,"), "do not print"),
        (rows.replace("steward,", ",", 1), "sub is empty"),
    ):
        with pytest.raises(contents.Unreadable, match=says):
            contents.read(text, model_conf="m")


HASHED = '[{"kind": "mask", "column": "email", "fn": "hash"}]'


@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"rtype": "record", "obligations": HASHED}, None),
        ({"obligations": HASHED}, "obligation_here"),
        ({"rtype": "record", "obligations": HASHED, "eft": "deny"}, "obligation_of_a_deny"),
        ({"rtype": "record", "obligations": "[{}]"}, "invalid_obligation"),
        ({"rtype": "record", "obligations": "{"}, "invalid_obligation"),
    ],
)
def test_obligations_are_for_those_who_can_keep_them(
    over: dict[str, str], code: str | None
) -> None:
    known = replace(KNOWN, foreign=frozenset({"record"}))
    found = codes(line(rid="a", **over), known=known)
    assert {one for one, level in found.items() if level is Level.ERROR} == (
        {code} if code else set()
    )


def test_an_act_that_reaches_data_may_oblige_who_lets_them_out() -> None:
    content = Content(baseline.model_conf(), (line(rid="r", obligations=HASHED),))
    known = replace(KNOWN, uses={TYPE: Use(frozenset({ACT}), "level")})
    assert lint.check(content, known) == []
    other = replace(KNOWN, uses={TYPE: Use(frozenset({"catalog:data:read"}), "level")})
    assert [one.code for one in lint.check(content, other)] == ["obligation_here"]
