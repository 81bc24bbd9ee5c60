"""What comes with a permit."""

from itertools import permutations, product

import pytest

from governance.domain.obligations import (
    InvalidObligation,
    Kind,
    Mask,
    Obligation,
    merged,
    parse,
    stronger,
)


def mask(fn: str, column: str = "email") -> Obligation:
    return parse("mask", {"column": column, "fn": fn})


@pytest.mark.parametrize(("one", "other"), list(product(Mask, Mask)))
def test_two_masks_hide_what_each_hides(one: Mask, other: Mask) -> None:
    found = stronger(one, other)
    assert found is stronger(other, one)
    assert found in {one, other, Mask.NULL}
    for third in Mask:
        assert stronger(stronger(one, other), third) is stronger(one, stronger(other, third))


def test_two_masks_that_cannot_be_compared_show_nothing() -> None:
    assert merged([mask("hash"), mask("year")]) == [mask("null")]
    assert merged([mask("hash"), mask("drop")]) == [mask("drop")]
    assert merged([mask("hash"), mask("year", "born_on")]) == [
        mask("year", "born_on"),
        mask("hash"),
    ]


def test_the_shorter_time_holds() -> None:
    found = merged([parse("retention", {"days": 90}), parse("retention", {"days": 30})])
    assert found == [parse("retention", {"days": 30})]
    found = merged([parse("expires_at", {"at": 5}), parse("expires_at", {"at": 9})])
    assert found == [parse("expires_at", {"at": 5})]


def test_row_filters_and_notices_add_up() -> None:
    some = [
        parse("row_filter", {"condition": "site = 'leipzig'"}),
        parse("row_filter", {"condition": "closed"}),
        parse("notification", {"to": "owner"}),
        parse("notification", {"to": "owner"}),
    ]
    found = merged(some)
    assert found is not None
    assert sorted(one.kind for one in found) == [
        Kind.NOTIFICATION,
        Kind.ROW_FILTER,
        Kind.ROW_FILTER,
    ]


def test_a_purpose_must_suit_every_rule_that_names_some() -> None:
    quality = parse("purpose", {"allowed": ["quality", "safety"]})
    safety = parse("purpose", {"allowed": ["safety"]})
    payroll = parse("purpose", {"allowed": ["payroll"]})
    assert merged([quality, safety]) == [safety]
    assert merged([quality, payroll]) is None
    assert merged([]) == []


def test_the_order_of_rules_does_not_matter() -> None:
    some = [mask("hash"), mask("year"), parse("retention", {"days": 3}), parse("watermark", {})]
    assert len({str(merged(order)) for order in permutations(some)}) == 1


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("unknown", {}),
        ("mask", {"column": "email"}),
        ("mask", {"column": "email", "fn": "rot13"}),
        ("mask", {"column": "", "fn": "hash"}),
        ("retention", {"days": -1}),
        ("retention", {"days": True}),
        ("retention", {"days": "30"}),
        ("purpose", {"allowed": []}),
        ("watermark", {"text": "secret"}),
    ],
)
def test_an_obligation_says_what_its_kind_needs(kind: str, properties: dict[str, object]) -> None:
    with pytest.raises(InvalidObligation):
        parse(kind, properties)
