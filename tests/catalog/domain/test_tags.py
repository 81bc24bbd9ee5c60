"""What other tools' words mean as labels, and that other words mean nothing."""

import pytest

from catalog.domain.labels import Label, Level
from catalog.domain.tags import classification, label_of

EMAIL = Label(Level.CONFIDENTIAL, frozenset({"user.contact.email"}))
PERSONAL = Label(Level.CONFIDENTIAL, frozenset({"user"}))


@pytest.mark.parametrize(
    ("tag", "value", "label"),
    [
        ("pii", "", PERSONAL),
        ("PII", "true", PERSONAL),
        ("contains-pii", "yes", PERSONAL),
        ("pii", "false", None),
        ("classification", "Restricted", Label(Level.RESTRICTED)),
        ("sensitivity", "highly confidential", Label(Level.RESTRICTED)),
        ("sensitivity", "amber", None),
        ("confidential", "", Label(Level.CONFIDENTIAL)),
        ("user.government_id", "", Label(Level.RESTRICTED, frozenset({"user.government_id"}))),
        (
            "user.contact.email",
            "true",
            Label(Level.CONFIDENTIAL, frozenset({"user.contact.email"})),
        ),
        ("nightly", "", None),
        ("team", "restricted", None),
    ],
)
def test_a_tag_proposes_a_label(tag: str, value: str, label: Label | None) -> None:
    assert label_of(tag, value) == label


@pytest.mark.parametrize("text", ["", "user..name", "user." + "x" * 80, "domain.thing", "x", "🙂"])
def test_words_of_no_meaning_are_no_label(text: str) -> None:
    assert classification(text) is None
