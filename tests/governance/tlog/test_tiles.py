import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.tlog.tiles import (
    MAX_ENTRY,
    Tile,
    TileError,
    entries_path,
    index_path,
    pack_entries,
    parse_path,
    tile_path,
    unpack_entries,
)


@pytest.mark.parametrize(
    ("n", "path"),
    [
        (0, "000"),
        (67, "067"),
        (999, "999"),
        (1000, "x001/000"),
        (1234067, "x001/x234/067"),
        (10**9, "x001/x000/x000/000"),
    ],
)
def test_numbers_stand_in_groups_of_three_digits(n: int, path: str) -> None:
    assert index_path(n) == path
    assert tile_path(3, n) == f"tile/3/{path}"
    assert entries_path(n, 7) == f"tile/entries/{path}.p/7"


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**12), st.integers(1, 256))
def test_a_path_reads_back(level: int | None, n: int, width: int) -> None:
    path = entries_path(n, width) if level is None else tile_path(level, n, width)
    assert parse_path(path) == Tile(level, n, width)


@pytest.mark.parametrize(
    "path",
    [
        "", "tile/0", "tile/0/1", "tile/0/0001", "tile/0/x000/001", "tile/0/001/002",
        "tile/00/001", "tile/64/001", "tile/+1/001", "tile/0/001.p/0", "tile/0/001.p/256",
        "tile/0/001.p/01", "tile/0/001.p/", "tile/0/001/", "/tile/0/001", "tile/0/001\n",
        "tile/entries/../001", "tile/data/001", "tile/0/٠٠١", "tile/0/X001/000",
    ],
)  # fmt: skip
def test_any_other_path_is_refused(path: str) -> None:
    with pytest.raises(TileError):
        parse_path(path)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_reads_back(entries: list[bytes]) -> None:
    assert unpack_entries(pack_entries(entries), len(entries)) == entries


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=12), st.data())
def test_a_bundle_that_is_cut_off_or_goes_on_is_refused(
    entries: list[bytes], data: st.DataObject
) -> None:
    packed = pack_entries(entries)
    short = packed[: data.draw(st.integers(0, len(packed) - 1))]
    long = packed + data.draw(st.binary(min_size=1, max_size=9))
    for bad in (short, long):
        with pytest.raises(TileError):
            unpack_entries(bad, len(entries))
    with pytest.raises(TileError):
        unpack_entries(packed, len(entries) + 1)


def test_the_longest_entry_fits_and_one_byte_more_does_not() -> None:
    longest = bytes(MAX_ENTRY)
    assert unpack_entries(pack_entries([longest, b""]), 2) == [longest, b""]
    with pytest.raises(TileError, match="65535"):
        pack_entries([bytes(MAX_ENTRY + 1)])
    with pytest.raises(TileError, match="256"):
        pack_entries([b""] * 257)


def test_no_tile_is_empty_or_wider_than_256() -> None:
    for width in (0, 257, -1):
        with pytest.raises(ValueError):
            tile_path(0, 0, width)
        with pytest.raises(TileError):
            unpack_entries(b"", width)
    with pytest.raises(ValueError):
        tile_path(64, 0)
    with pytest.raises(ValueError):
        index_path(-1)
