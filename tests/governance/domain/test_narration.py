"""What an entry says, in words."""

import pytest

from governance.domain.narration import Change, Named, changes, past, said, sentence

ANA = Named("user:1", "Ana Ruiz")
SITE = Named("governance.site:4", "Monterrey", "site")


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("change", "changed"),
        ("give", "gave"),
        ("submit", "submitted"),
        ("deny", "denied"),
        ("relay", "relayed"),
        ("read", "read"),
        ("hand", "handed over"),
    ],
)
def test_verbs_have_a_past(verb: str, expected: str) -> None:
    assert past(verb) == expected


@pytest.mark.parametrize(
    ("act", "thing", "outcome", "cause", "expected"),
    [
        ("governance:site:change", SITE, "ok", "", "Ana Ruiz changed site Monterrey."),
        (
            "governance:site:change",
            SITE,
            "denied",
            "",
            "Ana Ruiz tried to change site Monterrey and was refused.",
        ),
        (
            "row:governance_site:update",
            SITE,
            "ok",
            "governance:site:change",
            "Ana Ruiz changed site Monterrey, as part of governance:site:change.",
        ),
        ("row:governance_site:delete", SITE, "ok", "", "Ana Ruiz deleted site Monterrey."),
        (
            "catalog:label:decide",
            Named("catalog.asset:9", "orders", "asset"),
            "ok",
            "",
            "Ana Ruiz decided label of asset orders.",
        ),
        (
            "governance:policy:publish",
            Named("governance.policyversion:3", "", "policy version"),
            "ok",
            "",
            "Ana Ruiz published policy version 3.",
        ),
        ("auth:session:begin", ANA, "ok", "", "Ana Ruiz signed in."),
        ("strange", SITE, "ok", "", "Ana Ruiz: strange on site Monterrey."),
    ],
)
def test_an_entry_reads_as_a_sentence(
    act: str, thing: Named, outcome: str, cause: str, expected: str
) -> None:
    assert sentence(ANA, act, thing, outcome, cause) == expected


def test_changes_come_from_differences_new_rows_and_deleted_ones() -> None:
    assert changes({"diff": {"b": [1, None], "a": "changed", "c": [True, {"x": 1}]}}) == [
        Change("a", is_secret=True),
        Change("b", "1", "nothing"),
        Change("c", "yes", '{"x": 1}'),
    ]
    assert changes({"new": {"name": "x", "note": ""}}) == [
        Change("name", "", "x"),
        Change("note", "", "empty"),
    ]
    assert changes({"old": {"name": "x"}}) == [Change("name", "x", "")]
    assert changes({"diff": None, "digest": "d"}) == []


def test_what_else_is_said_leaves_digests_and_rows_out() -> None:
    facts = {"digest": "d", "was": "w", "new": {"a": 1}, "reason": "leaves", "old": "text", "n": 0}
    assert said({**facts, "rule": ""}) == [("reason", "leaves"), ("old", "text"), ("n", "0")]
