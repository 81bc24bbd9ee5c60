"""A clearance is held against a classification by their order."""

import pytest

from catalog.domain.labels import Level
from governance.domain.ranks import LEVELS, rank


def test_the_levels_are_those_of_the_catalog_in_their_order() -> None:
    assert [(level.slug, level.value) for level in Level] == [(one, rank(one)) for one in LEVELS]


@pytest.mark.parametrize("word", ["unclassified", "", "Public", "secret", None, 1, True, []])
def test_what_is_no_level_has_no_rank(word: object) -> None:
    with pytest.raises(TypeError):
        rank(word)
