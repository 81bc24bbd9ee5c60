"""The score of an SBOM: parts, remedies, bounds."""

from hypothesis import given
from hypothesis import strategies as st

from partners.domain import grading
from partners.domain.grading import FIELDS

NAMES = [field.name for field in FIELDS]
COUNTS = st.fixed_dictionaries(dict.fromkeys(NAMES, st.integers(0, 50)))


def test_weights_are_a_hundred_points() -> None:
    assert sum(field.weight for field in FIELDS) == 100
    assert FIELDS[0].name == "matchable"
    assert all(field.remedy for field in FIELDS)


def test_all_is_a_hundred_and_leaves_nothing_to_do() -> None:
    grade = grading.of(dict.fromkeys(NAMES, 7), components=7)
    assert grade.score == 100
    assert [part.remedy for part in grade.parts] == [""] * len(FIELDS)


def test_nothing_is_nought_and_each_field_says_what_to_do() -> None:
    for components in (0, 7):
        grade = grading.of(dict.fromkeys(NAMES, 0), components=components)
        assert grade.score == 0
        assert all(part.remedy for part in grade.parts)


@given(COUNTS, st.integers(0, 50), st.sampled_from(NAMES))
def test_more_told_is_never_a_lower_score(
    counts: dict[str, int], components: int, name: str
) -> None:
    score = grading.of(counts, components=components).score
    more = grading.of({**counts, name: counts[name] + 1}, components=components).score
    assert 0 <= score <= more <= 100


@given(COUNTS, st.integers(1, 50))
def test_what_is_kept_is_what_was_found(counts: dict[str, int], components: int) -> None:
    grade = grading.of(counts, components=components)
    assert grading.kept(grade.as_json()) == grade


def test_a_field_that_was_not_graded_then_counts_as_untold() -> None:
    assert grading.kept({"matchable": [3, 3]}).score == 25
