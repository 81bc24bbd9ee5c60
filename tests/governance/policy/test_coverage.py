"""Policy tests: read strictly, run, and held against every rule changed."""

from dataclasses import replace
from pathlib import Path

import pytest

from config import baseline
from governance import in_force
from governance.domain.gaps import Use
from governance.policy import cases, coverage
from governance.policy.casbin_policy import Rule
from governance.policy.coverage import Report

MODEL = baseline.model_conf()
READ = Rule("steward", "*", "catalog.asset", "read", "True", "allow", "steward/read")
DENY = Rule("steward", "*", "catalog.asset", "read", "r.res.level == 'secret'", "deny", "no/secret")
TESTS = """
subjects:
  ana: {roles: {steward: "site:leipzig"}}
  eve: {}
tests:
  - name: stewards read
    when: {act: read, type: catalog.asset, scope: "site:leipzig", attributes: {level: internal}}
    then: {permit: [ana]}
"""
SECRET = """  - name: nobody reads secrets
    when: {subject: ana, act: read, type: catalog.asset, scope: "site:leipzig",
           attributes: {level: secret}}
    then: {decision: deny, reason: "deny:rule", rule: no/secret}
"""


def run(text: str, *rules: Rule) -> Report:
    return coverage.run(MODEL, rules, cases.parse(text))


def test_a_failing_test_says_what_came_instead() -> None:
    report = run(TESTS, DENY)
    (failure,) = report.failures
    assert failure.name == "stewards read"
    assert "user:ana, read at site:leipzig: expected permit, got deny" in failure.text
    assert not report.is_mutated


def test_the_circumstances_of_a_question_can_be_said() -> None:
    rule = replace(READ, cond="r.env.mfa == True && r.env.hour < 9")
    early = TESTS.replace("{level: internal}}", "{level: internal},\n      environment: {%s}}")
    assert run(early % "mfa: true, hour: 8", rule).failures == ()
    assert "condition" in run(early % "hour: 8", rule).failures[0].text
    assert "attribute_missing" in run(early % "mfa: true", rule).failures[0].text


def test_gaps_stand_above_what_is_tested() -> None:
    uses = {"catalog.asset": Use(frozenset({"read"}), "level")}
    text = TESTS.replace("{level: internal}}", "{level: internal}, environment: {purpose: care}}")
    for given, failures in ((text, 0), (TESTS, 1), (text.replace("level: internal", ""), 1)):
        report = coverage.run(MODEL, [READ], cases.parse(given), mutate=False, uses=uses)
        assert len(report.failures) == failures


def test_a_wrong_reason_or_rule_fails_too() -> None:
    for old, new in (("deny:rule", "deny:no_rule"), ("rule: no/secret", "rule: other")):
        assert len(run(TESTS + SECRET.replace(old, new), READ, DENY).failures) == 1


def test_coverage_and_score_follow_the_tests() -> None:
    whole = run(TESTS + SECRET, READ, DENY)
    assert (whole.failures, whole.coverage, whole.mutation_score) == ((), 1.0, 1.0)
    part = run(TESTS, READ, DENY)
    assert (part.coverage, part.undecided) == (0.5, ("no/secret",))
    assert {(one.rid, one.change) for one in part.survivors} == {
        ("no/secret", "deleted"),
        ("no/secret", "turned"),
    }
    assert part.mutation_score == 0.5
    assert run("", READ).coverage == 0


def test_the_shipped_policy_is_covered_whole() -> None:
    content = baseline.content()
    report = coverage.run(
        content.model_conf, content.rules, cases.parse(content.tests), uses=in_force.own_uses()
    )
    assert (report.failures, report.undecided, report.survivors) == ((), (), ())
    assert report.coverage == report.mutation_score == 1.0


def test_rules_of_other_topics_cannot_hide_behind_the_index() -> None:
    """A matcher of another form is asked whole: no rule is left out."""
    model = MODEL.replace("r.res.type == p.rtype", "(r.res.type == p.rtype || p.rtype == 'any')")
    wide = Rule("steward", "*", "any", "read", "True", "allow", "any/read")
    report = coverage.run(model, [wide], cases.parse(TESTS))
    assert (report.failures, report.coverage) == ((), 1.0)
    star = Rule("steward", "*", "catalog.asset", "*", "True", "allow", "star")
    assert run(TESTS, star).mutation_score == 1.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "not YAML"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("[" * 100_000 + "]" * 100_000, "nested deeper"),
        ("- " * 100_000, "nested deeper"),
        ("!!python/object/apply:os.system ['true']", "not YAML"),
        ("- 1", "no mapping"),
        ("test: []", "unknown key 'test'"),
        ("tests: 1", "no list"),
        ("tests: [{when: {act: a, type: t}}]", "then of test 1 is no mapping"),
        ("tests: [{when: {act: a}, then: {permit: []}}]", "needs act and type"),
        ("tests: [{when: {act: a, type: t}, then: {permit: []}}]", "no subject"),
        ("subjects: {a: {}}\ntests: [{when: {act: a, type: t}, then: {permit: [b]}}]", "given"),
        ("subjects: {a: {}}\ntests: [{when: {act: a, type: t}, then: {decision: yes}}]", "permit"),
        (
            "tests: [{when: {act: a, type: t, subject: b}, then: {decision: deny}}]",
            "subject of test 1 is not given",
        ),
        ("subjects: {a: {role: x}}", "unknown key 'role'"),
        ("[" * 5000, "not YAML"),
    ],
)
def test_a_file_of_another_form_is_refused(text: str, says: str) -> None:
    with pytest.raises(cases.InvalidCases, match=says):
        cases.parse(text)


def test_the_plugin_runs_a_file_against_a_policy(
    pytester: pytest.Pytester, request: pytest.FixtureRequest
) -> None:
    root = str(request.config.rootpath)
    rows = "rid,sub,dom,rtype,act,cond,eft,is_overridable\n"
    Path("policy.csv").write_text(
        rows + "steward/read,steward,*,catalog.asset,read,True,allow,no\n"
    )
    Path("some.policy.yaml").write_text(TESTS)
    Path("bad.policy.yaml").write_text("test: []")
    plain = ["-p", "no:cacheprovider", "-p", "no:django", "-p", "governance.policy.testing"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", root)
        done = pytester.runpytest_subprocess(*plain, "--policy", "policy.csv", "some.policy.yaml")
        done.assert_outcomes(passed=1)
        Path("policy.csv").write_text(rows + "x,steward,*,catalog.asset,write,True,allow,no\n")
        done = pytester.runpytest_subprocess(*plain, "--policy", "policy.csv", "some.policy.yaml")
        done.assert_outcomes(failed=1)
        done.stdout.fnmatch_lines(["*expected permit, got deny*"])
        done = pytester.runpytest_subprocess(*plain, "--policy", "policy.csv", "bad.policy.yaml")
        done.assert_outcomes(errors=1)
