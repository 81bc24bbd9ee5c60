"""Range walking against a slow oracle, and the corners of OSV's rule one by one."""

from collections.abc import Sequence

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from partners.domain.advisories import Affected, Event, EventKind, Range, RangeKind
from partners.domain.matching import Evidence, Match, Prepared
from partners.domain.versions import Unorderable, semver_key


def whole_number(text: str) -> int:
    if not text.isdigit():
        raise Unorderable(text)
    return int(text)


def events(*pairs: tuple[str, str]) -> Range:
    return Range(RangeKind.ECOSYSTEM, tuple(Event(EventKind(kind), at) for kind, at in pairs))


def prepared(*ranges: Range, versions: Sequence[str] = ()) -> Prepared:
    affected = Affected("Numbers", "thing", tuple(versions), ranges)
    return Prepared(affected, order=whole_number, semver=semver_key)


def hit(package: Prepared, version: int | str) -> Match | None:
    return package.match(str(version))


def oracle(pairs: list[tuple[str, int | None]], version: int) -> bool:
    """Count events up to ``version`` by scanning for the last one that decides."""
    limits = [at for kind, at in pairs if kind == "limit" and at is not None]
    if limits and all(version >= limit for limit in limits):
        return False
    deciding: list[tuple[int, int, bool]] = []
    for kind, at in pairs:
        place = -1 if at is None else at
        if kind == "introduced" and place <= version:
            deciding.append((place, 2, True))
        if kind == "fixed" and place <= version:
            deciding.append((place, 1, False))
        if kind == "last_affected" and place < version:
            deciding.append((place, 0, False))
    return max(deciding)[2] if deciding else False


pairs = st.lists(
    st.one_of(
        st.tuples(st.just("introduced"), st.none() | st.integers(1, 9)),
        st.tuples(st.sampled_from(["fixed", "last_affected", "limit"]), st.integers(0, 9)),
    ),
    max_size=7,
)


@example([("introduced", None), ("fixed", 0), ("last_affected", 0)])
@settings(max_examples=2_000)
@given(pairs)
def test_a_walk_agrees_with_the_oracle_at_every_version(
    chosen: list[tuple[str, int | None]],
) -> None:
    package = prepared(events(*((kind, "0" if at is None else str(at)) for kind, at in chosen)))
    for version in range(11):
        expected = oracle(chosen, version)
        found = hit(package, version)
        assert (found is not None) == expected
        assert found is None or found.evidence is Evidence.RANGE


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure
@given(pairs, st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_listed_does_not_matter(chosen, shuffler) -> None:
    texts = [(kind, "0" if at is None else str(at)) for kind, at in chosen]
    other = texts.copy()
    shuffler.shuffle(other)
    for version in range(11):
        assert hit(prepared(events(*texts)), version) == hit(prepared(events(*other)), version)


def test_listed_or_in_range_is_enough_and_both_is_said() -> None:
    package = prepared(events(("introduced", "3"), ("fixed", "5")), versions=["1", "4"])
    assert hit(package, 1) == Match(Evidence.LISTED)
    assert hit(package, 3) == Match(Evidence.RANGE)
    assert hit(package, 4) == Match(Evidence.BOTH)
    assert hit(package, 5) is None


def test_a_listed_version_is_found_under_another_spelling() -> None:
    assert hit(prepared(versions=["7"]), "007") == Match(Evidence.LISTED)


def test_the_last_affected_version_is_affected_and_the_fixed_one_is_not() -> None:
    package = prepared(events(("introduced", "1"), ("last_affected", "3")))
    assert [hit(package, at) is not None for at in (0, 1, 3, 4)] == [False, True, True, False]


def test_fixed_and_introduced_again_at_the_same_version_is_affected() -> None:
    package = prepared(events(("introduced", "0"), ("fixed", "4"), ("introduced", "4")))
    assert hit(package, 4) is not None


def test_a_version_must_be_below_one_of_the_limits() -> None:
    package = prepared(events(("introduced", "0"), ("limit", "3"), ("limit", "6")))
    assert [hit(package, at) is not None for at in (2, 5, 6)] == [True, True, False]
    assert hit(prepared(events(("introduced", "0"), ("limit", "*"))), 99) is not None


def test_a_range_without_a_later_end_is_marked_unbounded() -> None:
    package = prepared(events(("introduced", "1"), ("fixed", "2"), ("introduced", "5")))
    assert hit(package, 1) == Match(Evidence.RANGE, is_unbounded=False)
    assert hit(package, 6) == Match(Evidence.RANGE, is_unbounded=True)


def test_a_version_without_place_is_matched_by_list_only() -> None:
    package = prepared(events(("introduced", "0")), versions=["odd"])
    assert hit(package, "odd") == Match(Evidence.LISTED)
    assert hit(package, "strange") is None


def test_a_bound_without_place_disables_its_range_alone_and_is_reported() -> None:
    package = prepared(
        events(("introduced", "0"), ("fixed", "x")), events(("introduced", "5"), ("fixed", "6"))
    )
    assert hit(package, 1) is None
    assert hit(package, 5) is not None
    assert [(one.range_index, one.version) for one in package.defects] == [(0, "x")]


def test_commit_ranges_never_match_and_are_no_defect() -> None:
    span = Range(RangeKind.GIT, (Event(EventKind.INTRODUCED, "0"),))
    package = prepared(span)
    assert hit(package, 1) is None
    assert package.defects == ()


def test_without_an_order_only_the_list_counts_and_the_range_is_reported() -> None:
    span = events(("introduced", "0"))
    package = Prepared(Affected("Odd", "x", ("1",), (span,)), order=None, semver=semver_key)
    assert package.match("1") == Match(Evidence.LISTED)
    assert package.match("2") is None
    assert len(package.defects) == 1


def test_prereleases_lie_above_introduced_zero() -> None:
    span = Range(
        RangeKind.SEMVER, (Event(EventKind.INTRODUCED, "0"), Event(EventKind.FIXED, "1.0.0"))
    )
    package = Prepared(Affected("npm", "x", (), (span,)), order=semver_key, semver=semver_key)
    assert package.match("0.0.0-alpha") is not None
    assert package.match("1.0.0-rc.1") is not None
    assert package.match("1.0.0") is None
