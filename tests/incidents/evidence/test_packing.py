"""The package for others: read back by another program's rules."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from incidents.evidence.packing import Packed, file_name, pack


def test_a_package_holds_files_hashes_chain_and_manifest(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"seen")
    row = dict.fromkeys(("item", "number", "act", "by", "to", "at", "reason", "sha256"), "")
    out = io.BytesIO()
    pack(
        out,
        manifest={"incident": "INC-2026-0001"},
        custody=[{**row, "item": "E1", "reason": "=cmd|' /c calc'!A0"}],
        files=[Packed("E1-x", "0" * 64, file), Packed("E2-gone", "1" * 64, None)],
    )
    with zipfile.ZipFile(out) as package:
        assert package.testzip() is None
        assert package.namelist() == [
            "manifest.json", "custody.csv", "SHA256SUMS", "files/E1-x",
        ]  # fmt: skip
        assert json.loads(package.read("manifest.json")) == {"incident": "INC-2026-0001"}
        assert package.read("SHA256SUMS").decode() == f"{'0' * 64}  files/E1-x\n"
        rows = list(csv.DictReader(io.StringIO(package.read("custody.csv").decode())))
    assert rows[0]["item"] == "E1"
    assert rows[0]["reason"].startswith("'=")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../../etc/passwd", "E3-etc_passwd"),
        ("...", "E3-file"),
        ("C:\\x\ny.exe", "E3-C_x_y.exe"),
        ("é" * 300, "E3-file"),
    ],
)
def test_no_name_is_a_path(name: str, said: str) -> None:
    assert file_name(3, name) == said
