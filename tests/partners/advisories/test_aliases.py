"""Alias sets: closed, named by their smallest CVE, independent of order."""

import random

from hypothesis import given
from hypothesis import strategies as st

from partners.advisories import osv
from partners.advisories.aliases import close, members
from tests.shared import shared

ids = st.sampled_from(
    [*(f"CVE-2024-{n}" for n in (1, 2, 10)), "GHSA-a", "GHSA-b", "GO-1", "PYSEC-1"]
)
records = st.lists(st.tuples(ids, st.lists(ids, max_size=3)), max_size=8)


def test_a_chain_of_aliases_is_one_set_named_by_its_smallest_cve() -> None:
    found = close(
        [("GO-1", ["GHSA-a"]), ("GHSA-a", ["CVE-2024-10"]), ("PYSEC-1", ["CVE-2024-9", "GO-1"])]
    )
    assert set(found.values()) == {"CVE-2024-9"}
    assert members(found)["CVE-2024-9"] == (
        "CVE-2024-9",
        "CVE-2024-10",
        "GHSA-a",
        "GO-1",
        "PYSEC-1",
    )


def test_a_set_without_cve_is_named_by_its_smallest_id() -> None:
    assert close([("PYSEC-1", ["GHSA-a"])])["PYSEC-1"] == "GHSA-a"


@given(records, st.integers(0, 99))
def test_the_closure_does_not_depend_on_the_order(
    chosen: list[tuple[str, list[str]]], seed: int
) -> None:
    other = chosen.copy()
    random.Random(seed).shuffle(other)
    assert close(chosen) == close(other)


@given(records)
def test_two_ids_share_a_set_exactly_if_a_path_of_aliases_joins_them(
    chosen: list[tuple[str, list[str]]],
) -> None:
    found = close(chosen)
    for start in found:
        reached, pending = {start}, [start]
        while pending:
            here = pending.pop()
            for record, aliases in chosen:
                group = {record, *aliases}
                if here in group:
                    pending += group - reached
                    reached |= group
        assert {one for one in found if found[one] == found[start]} == reached


def test_the_real_feeds_close_without_losing_an_id() -> None:
    advisories = [
        one
        for name in ("osv-PyPI", "osv-Go")
        for one in osv.read(shared(f"feeds/{name}.zip"), on_defect=lambda defect: None)
    ]
    found = close((one.id, one.aliases) for one in advisories)
    assert {one.id for one in advisories} <= found.keys()
    assert all(found[one.id] == found[alias] for one in advisories for alias in one.aliases)
