"""Real PostgreSQL and Valkey under the launcher: crashes, stale files, refusals."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import discovery, identity, pids, roles
from config.embedded.errors import Interrupted, LaunchError
from config.embedded.home import Home
from config.embedded.services import Services
from config.embedded.stopping import Stopping
from tests.config.launching import a_launcher, bare_environ

Start = Callable[..., Services]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start servers on ``tmp_path/var``; calling again means a new start on the same data."""
    begun: list[Services] = []

    def stop() -> None:
        while begun:
            services = begun.pop()
            services.stop()
            services.home.close()

    def start(*, durable: bool = False) -> Services:
        stop()
        home = Home.open(tmp_path / "var")
        home.durable = durable
        services = Services(home, bare_environ())
        begun.append(services)
        services.start()
        return services

    yield start
    stop()


def owner(environment: dict[str, str]) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(environment["DATABASE_OWNER_URL"], autocommit=True)


def test_three_identities_and_none_is_more_than_it_needs(start: Start) -> None:
    environment = start().environment
    with owner(environment) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreatedb, rolcreaterole "
            "FROM pg_roles WHERE rolname LIKE 'wardroom%' ORDER BY 1"
        ).fetchall()
        assert rows == [
            ("wardroom_app", False, False, True, False, False),
            ("wardroom_bootstrap", True, True, True, True, True),
            ("wardroom_eraser", False, False, False, False, False),
            ("wardroom_owner", False, False, True, True, True),
            ("wardroom_portal", False, False, False, False, False),
            ("wardroom_sequencer", False, False, False, False, False),
        ]
        connection.execute("CREATE TABLE made_by_owner (a int)")
        connection.execute("SET ROLE wardroom_app")
        connection.execute("RESET ROLE")
        connection.execute("CREATE ROLE plant NOLOGIN")
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SET ROLE wardroom_portal")
        connection.execute("RESET ROLE")
        for refused in ("CREATE TABLE t (a int)", "SET ROLE wardroom_owner", "CREATE ROLE r"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused)
    assert "DATABASE_BOOTSTRAP_URL" not in environment


def test_secrets_and_data_survive_a_second_start(start: Start) -> None:
    first = start()
    environment = dict(first.environment)
    with owner(environment) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
    key = first.home.path / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert first.home.path.stat().st_mode & 0o077 in (0, 0o011)
    again = start()
    assert again.environment["SECRET_KEY"] == environment["SECRET_KEY"]
    assert again.environment["MFA_KEYS"] == environment["MFA_KEYS"]
    assert len(environment["SECRET_KEY"]) >= 50
    with owner(again.environment) as connection:
        assert connection.execute("SELECT a FROM kept").fetchone() == (1,)


def test_addresses_without_a_host_survive_a_second_start(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = f"postgres://{roles.OWNER}@/{roles.DATABASE}"
    first = start().environment["PGHOST"]
    second = start().environment["PGHOST"]
    assert first != second
    monkeypatch.setenv("PGHOST", second)
    with psycopg.connect(kept) as connection:
        assert connection.info.host == second
    monkeypatch.setenv("PGHOST", first)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(kept)


def test_no_row_is_lost_when_the_postmaster_is_killed(start: Start) -> None:
    services = start(durable=True)
    assert services.postgres is not None
    assert services.postgres.process is not None
    committed = 0
    with owner(services.environment) as busy:
        busy.execute("CREATE TABLE row (a int)")
        for number in range(200):
            busy.execute("INSERT INTO row VALUES (%s)", [number])
            committed += 1
        services.postgres.process.kill()
        services.postgres.process.wait()
        begun = time.monotonic()
        # The old backend of this very connection is still there: the start has to wait for it.
        services.postgres.start()
        assert time.monotonic() - begun < 10
    with owner(services.environment) as connection:
        assert connection.execute("SELECT count(*) FROM row").fetchone() == (committed,)


def test_the_start_after_a_killed_launcher_recovers(tmp_path: Path, start: Start) -> None:
    with a_launcher(tmp_path / "var") as (launcher, said):
        with owner(said) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
        launcher.kill()
        launcher.wait()
        old = said["pids"]
        assert all(pids.token(pid) for pid in old.values())
        sockets = Path(str(said["DATABASE_URL"]).partition("host=")[2])
        assert sockets.exists()
        services = start()
        assert not any(pids.token(pid) for pid in old.values())
        assert not sockets.exists()
    with owner(services.environment) as connection:
        assert connection.execute("SELECT a FROM kept").fetchone() == (1,)


def test_a_killed_launcher_without_record_is_recovered_by_the_pid_file(
    tmp_path: Path, start: Start
) -> None:
    with a_launcher(tmp_path / "var") as (launcher, said):
        launcher.kill()
        launcher.wait()
        children = tmp_path / "var" / "children"
        lines = children.read_text().splitlines(keepends=True)
        children.write_text("".join(line for line in lines if '"postgres"' not in line))
        assert start().postgres is not None
        assert pids.token(said["pids"]["postgres"]) is None


def test_a_second_launcher_is_told_who_runs(tmp_path: Path) -> None:
    with (
        a_launcher(tmp_path / "var") as (launcher, _),
        pytest.raises(LaunchError, match=rf"already runs here \(pid {launcher.pid}\)"),
    ):
        Home.open(tmp_path / "var")
    # The servers of the killed launcher go with the next one.
    Home.open(tmp_path / "var").close()


def test_a_pid_file_with_the_number_of_somebody_else_does_not_block(start: Start) -> None:
    services = start()
    data = services.home.path / "pg"
    assert services.postgres is not None
    assert services.postgres.process is not None
    stale = (data / "postmaster.pid").read_text().splitlines(keepends=True)
    services.stop()
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n" + "".join(stale[1:]))
    begun = time.monotonic()
    start()
    assert time.monotonic() - begun < 5


def test_data_of_another_major_is_named_and_left_alone(start: Start) -> None:
    home = start().home
    (home.path / "pg" / "PG_VERSION").write_text("14\n")
    with pytest.raises(LaunchError) as refused:
        start()
    message = str(refused.value)
    assert "was written by PostgreSQL 14" in message
    assert "PG_BIN" in message
    assert "make clean" in message
    assert (home.path / "pg" / "global").exists()


def test_data_made_by_another_user_is_named(start: Start) -> None:
    home = start().home
    (home.path / "pg.owner").write_text("self 4711\n")
    with pytest.raises(LaunchError, match=r"was made as 'self 4711' and this is"):
        start()


def test_a_broken_start_shows_the_servers_own_words(start: Start) -> None:
    home = start().home
    (home.path / "pg" / "postgresql.conf").write_text("no_such_setting = 1\n")
    begun = time.monotonic()
    with pytest.raises(LaunchError, match="no_such_setting"):
        start()
    assert time.monotonic() - begun < 5


def test_a_half_made_directory_is_made_anew(tmp_path: Path, start: Start) -> None:
    half = tmp_path / "var" / "pg.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    start()
    assert not half.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LaunchError, match=r"file/var is not writable: Not a directory"):
        Home.open(tmp_path / "file" / "var")


def test_urls_that_are_set_start_nothing(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "var")
    given = {"DATABASE_URL": "postgres://a@b/c", "REDIS_URL": "redis://b", "PATH": ""}
    services = Services(home, given)
    services.start()
    assert services.servers == {}
    assert set(services.environment) == {"SECRET_KEY", "MFA_KEYS"}  # and no PGHOST
    assert not (tmp_path / "var" / "pg").exists()
    services.stop()
    home.close()


def test_a_signal_while_starting_leaves_no_process(tmp_path: Path) -> None:
    stopping = Stopping()
    stopping.count, stopping.number = 1, signal.SIGTERM
    home = Home.open(tmp_path / "var")
    services = Services(home, bare_environ(), stopping=stopping)
    with pytest.raises(Interrupted, match="SIGTERM"):
        services.start()
    services.stop()
    home.close()
    assert str(tmp_path) not in _all_commands()
    assert not (tmp_path / "var" / "pg").exists()


def test_root_without_user_namespaces_becomes_nobody(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: an ordinary user never switches")
    binary = discovery.postgres(bare_environ()).bin / "postgres"
    for place in tmp_path.parents[:3]:
        if place != Path("/tmp"):
            place.chmod(0o711)
    tmp_path.chmod(0o711)
    closed = identity.unreachable(binary)
    if closed:
        pytest.skip(f"nobody cannot enter {closed}")
    monkeypatch.setattr(identity, "user_namespaces", lambda: False)
    services = start()
    assert services.postgres is not None
    assert services.postgres.identity.mode == "nobody"
    assert (services.home.path / "pg").stat().st_uid == services.postgres.identity.uid
    with owner(services.environment) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_root_without_any_way_is_told_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(identity, "user_namespaces", lambda: False)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(LaunchError, match=r"run as an ordinary user, or set DATABASE_URL"):
        identity.choose(closed / "bin" / "postgres", closed / "var")


@pytest.mark.system_services
def test_the_asked_server_runs() -> None:
    """In the leg of the system's PostgreSQL it is that one, else the wheel's."""
    found = discovery.postgres(os.environ)
    assert (found.source == "wheel") == (os.environ.get("WARDROOM_PG") != "system")
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        assert connection.info.server_version // 10000 == found.major
        assert connection.info.user == roles.OWNER


def _all_commands() -> str:
    return "\n".join(pids.command(int(p.name)) for p in Path("/proc").glob("[0-9]*"))
