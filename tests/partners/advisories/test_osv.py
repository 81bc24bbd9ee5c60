"""Real feeds are read whole; broken ones are refused in one line or counted record by record."""

import json
import zipfile
from pathlib import Path

import pytest

from partners.advisories import osv
from partners.domain.advisories import Advisory, EventKind, RangeKind
from tests.shared import shared


def a_record(**over: object) -> dict[str, object]:
    return {
        "id": "OSV-1",
        "modified": "2026-01-02T03:04:05Z",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "Thing"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]},
                    {"type": "GIT", "repo": "x", "events": [{"introduced": "0"}, {"fixed": "abc"}]},
                ],
                "versions": ["1"],
            }
        ],
    } | over


def read(path: Path) -> tuple[list[Advisory], list[osv.FeedDefect]]:
    defects: list[osv.FeedDefect] = []
    return list(osv.read(path, on_defect=defects.append)), defects


def an_archive(folder: Path, **members: bytes) -> Path:
    path = folder / "feed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(f"{name}.json", body)
    return path


@pytest.mark.parametrize(
    ("name", "records", "withdrawn"),
    [("osv-PyPI", 2_661, 10), ("osv-Go", 4_291, 17), ("osv-Maven-mixed-GHSA-sample", 356, 0)],
)
def test_the_real_feeds_are_read_without_a_defect(name: str, records: int, withdrawn: int) -> None:
    advisories, defects = read(shared(f"feeds/{name}.zip"))
    assert (len(advisories), defects) == (records, [])
    assert sum(one.withdrawn_at is not None for one in advisories) == withdrawn


def test_a_record_becomes_an_advisory() -> None:
    body = a_record(
        aliases=["CVE-1", "CVE-1"],
        severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/…"}],
        database_specific={"severity": "HIGH"},
        later_field={"x": 1},
    )
    advisory = osv.parse(json.dumps(body).encode())
    (affected,) = advisory.affected
    assert (advisory.aliases, advisory.severity_word) == (("CVE-1",), "HIGH")
    assert affected.fixed_versions == ("2",)
    assert [span.kind for span in affected.ranges] == [RangeKind.ECOSYSTEM, RangeKind.GIT]
    assert affected.ranges[0].events[1].kind is EventKind.FIXED


def test_a_file_a_folder_an_array_and_an_archive_give_the_same(tmp_path: Path) -> None:
    body = json.dumps(a_record()).encode()
    single, array, folder = tmp_path / "one.json", tmp_path / "many.json", tmp_path / "folder"
    single.write_bytes(b"\xef\xbb\xbf" + body)
    array.write_bytes(b" [" + body + b"]")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.json").write_bytes(body)
    expected = read(single)
    assert expected[1] == []
    assert read(array) == read(folder) == read(an_archive(tmp_path, a=body)) == expected


@pytest.mark.parametrize(
    "over",
    [
        {"id": ""},
        {"id": 7},
        {"modified": "yesterday"},
        {"modified": "2026-01-02T03:04:05"},
        {"summary": "a\0b"},
        {"affected": [{"package": {"ecosystem": "PyPI"}}]},
        {
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "x"},
                    "ranges": [{"type": "ODD", "events": []}],
                }
            ]
        },
        {
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "x"},
                    "ranges": [{"type": "SEMVER", "events": [{"introduced": "0", "fixed": "1"}]}],
                }
            ]
        },
        {
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "x"},
                    "ranges": [{"type": "SEMVER", "events": [{"appeared": "0"}]}],
                }
            ]
        },
    ],
)
def test_a_broken_record_is_counted_and_costs_the_others_nothing(
    over: dict[str, object], tmp_path: Path
) -> None:
    path = an_archive(
        tmp_path, a=json.dumps(a_record(**over)).encode(), b=json.dumps(a_record()).encode()
    )
    advisories, defects = read(path)
    assert [one.id for one in advisories] == ["OSV-1"]
    assert [one.place for one in defects] == ["a.json"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        bytes(5_000),
        bytes(range(256)),
        b"PK\x03\x04 broken",
        b"[1, 2",
        b"{",
        b"[]",
        b"{}",
    ],
)
def test_what_is_no_feed_is_refused_in_one_line(body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "feed.bin"
    path.write_bytes(body)
    with pytest.raises(osv.BadFeed) as caught:
        read(path)
    assert "feed.bin" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_an_empty_archive_are_refused(tmp_path: Path) -> None:
    with pytest.raises(osv.BadFeed, match="No such file"):
        read(tmp_path / "nothing.zip")
    with pytest.raises(osv.BadFeed, match="no readable OSV record"):
        read(an_archive(tmp_path))


def test_a_bomb_inside_an_archive_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = b" " * 40 * 2**20
    path = an_archive(tmp_path, a=bomb, b=json.dumps(a_record()).encode())
    advisories, defects = read(path)
    assert (len(advisories), [one.reason for one in defects]) == (1, ["record is too large"])
    monkeypatch.setattr(osv, "MAX_UNPACKED_BYTES", 1_000)
    with pytest.raises(osv.BadFeed, match="unpacks to more"):
        read(path)


def test_a_damaged_member_is_a_defect(tmp_path: Path) -> None:
    good = json.dumps(a_record()).encode()
    path = an_archive(tmp_path, a=good, b=json.dumps(a_record(id="OSV-2")).encode())
    whole = bytearray(path.read_bytes())
    whole[len("a.json") + 30 + 20] ^= 0xFF
    path.write_bytes(whole)
    advisories, defects = read(path)
    assert ([one.id for one in advisories], len(defects)) == (["OSV-2"], 1)
