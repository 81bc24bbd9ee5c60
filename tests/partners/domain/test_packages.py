"""Looking a version up among all records of a package is judging each of them."""

from hypothesis import given
from hypothesis import strategies as st

from partners.domain.advisories import Affected, Event, EventKind, Range, RangeKind
from partners.domain.matching import Prepared
from partners.domain.packages import Package
from partners.domain.versions import semver_key

texts = st.integers(0, 6).map(lambda number: f"1.{number}") | st.sampled_from(["odd", "1.3.0", "0"])
events = st.builds(
    Event, st.sampled_from([kind for kind in EventKind if kind is not EventKind.LIMIT]), texts
) | st.builds(Event, st.just(EventKind.LIMIT), texts | st.just("*"))
ranges = st.builds(Range, st.sampled_from(RangeKind), st.lists(events, max_size=5).map(tuple))
affected = st.builds(
    Affected,
    st.just("npm"),
    st.just("x"),
    st.lists(texts, max_size=3).map(tuple),
    st.lists(ranges, max_size=2).map(tuple),
)


@given(st.lists(affected, max_size=4), st.lists(texts | st.just("9.9"), max_size=12))
def test_a_version_looked_up_is_judged_by_every_record(
    records: list[Affected], asked: list[str]
) -> None:
    prepared = [Prepared(one, order=semver_key, semver=semver_key) for one in records]
    package = Package(list(enumerate(prepared)), order=semver_key)
    for version in asked:
        plain = [
            (number, match)
            for number, one in enumerate(prepared)
            if (match := one.match(version)) is not None
        ]
        assert list(package.hits(version)) == plain


def test_without_an_order_only_listed_versions_are_affected() -> None:
    one = Prepared(Affected("Odd", "x", ("a", "b"), ()), order=None, semver=semver_key)
    package = Package([("only", one)], order=None)
    assert [bool(package.hits(version)) for version in "abc"] == [True, True, False]
