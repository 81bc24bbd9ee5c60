"""Spelling of qualified names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.domain import fqn


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("mes", "operator"), "mes.operator"),
        (("mes", "Addr.Loc.City"), 'mes."Addr.Loc.City"'),
        (('a"b', ""), '"a""b".""'),
        (("größe",), '"größe"'),
    ],
)
def test_parts_are_quoted_where_they_must(parts: tuple[str, ...], name: str) -> None:
    assert fqn.joined(*parts) == name


@given(st.lists(st.text(max_size=8) | st.text('."a_', max_size=4), min_size=1, max_size=4))
def test_a_name_splits_into_the_parts_it_was_joined_of(parts: list[str]) -> None:
    assert fqn.split(fqn.joined(*parts)) == tuple(parts)


@pytest.mark.parametrize("name", ["", ".", "a.", ".a", "A", 'a"b', '"a', '"a"b', "a b", '"a""'])
def test_what_is_no_qualified_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a qualified name"):
        fqn.split(name)
