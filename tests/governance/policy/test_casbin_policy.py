"""Wardroom's policy: rules and memberships in, decisions with reasons out."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from config import baseline
from governance.domain.decisions import Question, Reason
from governance.policy.casbin_policy import (
    EVERYWHERE,
    InvalidPolicy,
    Link,
    Rule,
    Snapshot,
    build,
    content_sha256,
)

MODEL = baseline.model_conf()


def rule(act: str, *, cond: str = "True", eft: str = "allow", rid: str = "") -> Rule:
    return Rule("reader", "*", "catalog.asset", act, cond, eft, rid or f"{act}/{eft}")


def snapshot(*rules: Rule) -> Snapshot:
    links = [Link("user:ana", "reader", "site:leipzig")]
    return build(MODEL, rules, links, sha256=content_sha256(MODEL, rules))


def question(
    act: str, *, domain: str = "site:leipzig", subject: str = "user:ana", **resource: object
) -> Question:
    return Question(subject, act, "catalog.asset", "catalog.asset:1", domain, {}, resource)


def test_a_permit_names_its_rule_and_policy() -> None:
    policy = snapshot(rule("read"))
    decision = policy.decide(question("read"))
    assert (decision.allow, decision.reason, decision.rule) == (
        True,
        Reason.ALLOW_RULE,
        "read/allow",
    )
    assert decision.policy_sha256 == policy.sha256


def test_a_deny_overrides_every_allow() -> None:
    policy = snapshot(rule("read"), rule("read", eft="deny"))
    decision = policy.decide(question("read"))
    assert (decision.allow, decision.reason, decision.rule) == (
        False,
        Reason.DENY_RULE,
        "read/deny",
    )


@pytest.mark.parametrize("domain", ["site:monterrey", EVERYWHERE, "none"])
def test_a_role_counts_in_its_own_scope_only(domain: str) -> None:
    assert (
        snapshot(rule("read")).decide(question("read", domain=domain)).reason is Reason.DENY_NO_RULE
    )


@pytest.mark.parametrize("empty", ["subject", "action", "domain"])
def test_an_empty_name_is_refused_before_it_matches_anything(empty: str) -> None:
    parts = {"subject": "user:ana", "act": "read", "domain": "site:leipzig"}
    parts["act" if empty == "action" else empty] = ""
    act = parts.pop("act")
    assert snapshot(rule("read")).decide(question(act, **parts)).reason is Reason.ERROR_BAD_VALUE


def test_a_condition_reads_the_record() -> None:
    policy = snapshot(rule("read", cond="r.res.level < 3"))
    assert policy.decide(question("read", level=2)).allow
    assert not policy.decide(question("read", level=3)).allow


def test_a_condition_that_fails_is_a_refusal() -> None:
    decision = snapshot(rule("read", cond="r.res.level < 3")).decide(question("read"))
    assert (decision.allow, decision.reason) == (False, Reason.ERROR_ATTRIBUTE_MISSING)


def test_what_one_decision_counts_does_not_burden_the_next() -> None:
    """Casbin's evaluator stops a comprehension at 10,000 steps: of one decision, not of all."""
    policy = snapshot(rule("read", cond="[x for x in r.res.sites] == r.res.sites"))
    for _ in range(3):
        assert policy.decide(question("read", sites=list(range(6000)))).allow


def test_a_model_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidPolicy):
        build("[nonsense", [], [], sha256="")


def test_the_hash_follows_content_and_order() -> None:
    one, two = rule("read"), rule("write")
    assert content_sha256(MODEL, [one, two]) != content_sha256(MODEL, [two, one])
    assert content_sha256(MODEL, [one]) == content_sha256(MODEL, [rule("read")])


def test_threads_get_answers_and_never_errors() -> None:
    """Parsing in two threads at once fails in CPython 3.11; snapshots must not meet there."""
    rules = [rule(f"act{number}") for number in range(30)]

    def ask(_: int) -> Reason:
        return snapshot(*rules).decide(question("act29")).reason

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(60))) == {Reason.ALLOW_RULE}


def obliging(rid: str, obligations: str, *, eft: str = "allow", cond: str = "True") -> Rule:
    return replace(rule("read", rid=rid, eft=eft, cond=cond), obligations=obligations)


def test_a_permit_obliges_to_what_all_its_rules_say_together() -> None:
    policy = snapshot(
        obliging("a", '[{"kind": "mask", "column": "email", "fn": "hash"}]'),
        obliging("b", '[{"kind": "mask", "column": "email", "fn": "year"}]'),
        obliging("c", '[{"kind": "watermark"}]', cond="r.res.level > 2"),
    )
    decision = policy.decide(question("read", level=1))
    assert [one.as_json()["properties"] for one in decision.obligations] == [
        {"kind": "mask", "column": "email", "fn": "null"}
    ]
    assert len(policy.decide(question("read", level=3)).obligations) == 2


def test_purposes_that_exclude_each_other_leave_no_permit() -> None:
    policy = snapshot(
        obliging("a", '[{"kind": "purpose", "allowed": ["quality"]}]'),
        obliging("b", '[{"kind": "purpose", "allowed": ["payroll"]}]'),
    )
    assert policy.decide(question("read")).reason is Reason.DENY_OBLIGATION


def test_obligations_are_part_of_the_hash_and_must_be_readable() -> None:
    plain, more = rule("read", rid="a"), obliging("a", '[{"kind": "watermark"}]')
    assert content_sha256(MODEL, [plain]) != content_sha256(MODEL, [more])
    with pytest.raises(InvalidPolicy):
        snapshot(obliging("a", '[{"kind": "blink"}]'))
