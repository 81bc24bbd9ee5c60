"""The note that spares a start the migrations: anything that differs voids it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config.embedded.prepared import Prepared

STEPS = [("migrate",), ("seed",)]
SOURCE = "governance/migrations/0001_initial.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("requirements-dev.lock", SOURCE, "config/baseline/roles.csv", "var/pg/PG_VERSION"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("18\n")
    prepared(tmp_path).note()
    return tmp_path


def prepared(root: Path, steps: list[tuple[str, ...]] = STEPS) -> Prepared:
    return Prepared(root / "var", root=root, steps=steps)


def made_anew(root: Path) -> None:
    version = root / "var" / "pg" / "PG_VERSION"
    version.rename(root / "old")
    version.write_text("18\n")


def test_the_same_holds_also_for_compiled_files_and_touched_ones(checkout: Path) -> None:
    cache = checkout / "config" / "__pycache__"
    cache.mkdir()
    (cache / "up.pyc").write_text("x")
    os.utime(checkout / SOURCE, (1, 1))
    assert prepared(checkout).holds()


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / SOURCE).write_text("19\n"),
        lambda root: (root / SOURCE).rename(root / "governance" / "0001_initial.py"),
        lambda root: (root / "governance" / "migrations" / "0002.py").write_text(""),
        lambda root: (root / "config" / "baseline" / "roles.csv").unlink(),
        lambda root: (root / "requirements-dev.lock").write_text("django==5.2"),
        made_anew,
        lambda root: prepared(root).forget(),
    ],
    ids=["edited", "moved", "added", "removed", "lock", "cluster", "forgotten"],
)
def test_any_change_means_to_prepare_again(
    checkout: Path, change: Callable[[Path], object]
) -> None:
    change(checkout)
    assert not prepared(checkout).holds()
    prepared(checkout).note()
    assert prepared(checkout).holds()


def test_other_steps_mean_to_prepare_again(checkout: Path) -> None:
    assert not prepared(checkout, [*STEPS, ("demo", "--once")]).holds()


def test_what_changes_while_preparing_is_not_covered(checkout: Path) -> None:
    begun = prepared(checkout)
    (checkout / SOURCE).write_text("20\n")
    begun.note()
    assert not prepared(checkout).holds()
