"""Socket directories fit into the operating system's 103 bytes."""

import stat
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from config.embedded import environment, sockets
from config.embedded.errors import LaunchError

SMALLEST_SUN_PATH = 103  # macOS


@given(st.integers(min_value=1, max_value=120), st.integers(min_value=0, max_value=10))
def test_a_directory_is_short_enough_or_refused(length: int, room: int) -> None:
    # ä takes two bytes: bytes count, not letters.
    place = Path("/tmp") / ("ä" * length)[: max(1, length // 2)]
    place.mkdir(exist_ok=True)
    try:
        made = sockets.make([place], room=room)
    except LaunchError as error:
        wanted = len(str(place).encode()) + len("/wardroom-12345678") + room
        assert wanted > 80
        assert f"would give a path of {wanted} bytes, 80 fit" in str(error)  # noqa: PT017
    else:
        assert len(str(made).encode()) + room <= 80
        assert len(str(made / ".s.PGSQL.5432").encode()) <= SMALLEST_SUN_PATH
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        made.rmdir()
    finally:
        place.rmdir()


def test_the_next_place_is_taken_when_one_is_too_long_or_closed(tmp_path: Path) -> None:
    made = sockets.make([tmp_path / ("x" * 90), Path("/nonexistent"), Path("/tmp")])
    assert made.parent == Path("/tmp")
    made.rmdir()


def test_the_runtime_directory_comes_first() -> None:
    assert sockets.bases({"XDG_RUNTIME_DIR": "/run/user/7"})[0] == Path("/run/user/7")
    assert Path("/run/user/7") not in sockets.bases(
        {"XDG_RUNTIME_DIR": "/run/user/7"}, runtime=False
    )


def test_how_to_reach_the_servers_is_published_to_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    environment.publish({"DATABASE_URL": "postgres://x", "HOME": "/nowhere"}, file)
    assert file.read_text() == "DATABASE_URL=postgres://x\n"
    assert file.stat().st_mode & 0o777 == 0o600
    environment.publish({"DATABASE_URL": "postgres://y"}, file)
    assert file.read_text() == "DATABASE_URL=postgres://y\n"
