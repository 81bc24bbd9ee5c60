"""The product as a whole, from one command: it answers, heals, stops, and comes back."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import pids, ports, roles
from tests.config.running import Running, copy_checkout, wait_until

# One process of a parallel run makes the checkout and its database once for all of them.
pytestmark = pytest.mark.fault

Run = Callable[[], Running]
NAMES = {"postgres", "valkey", "web", "worker", "beat", "audit", "witness"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = copy_checkout(tmp_path_factory.mktemp("checkout"))
    yield place
    if sys.pycache_prefix:
        kept = Path(sys.pycache_prefix, *place.parts[1:])
        shutil.rmtree(kept, ignore_errors=True)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("r")


@pytest.fixture
def run(checkout: Path, runtime: Path) -> Iterator[Run]:
    """Run the product until it is ready and everything has been started."""
    begun: list[Running] = []

    def start() -> Running:
        product = Running(checkout, runtime)
        begun.append(product)
        product.wait_for_line(f"http://localhost:{product.port}/")
        wait_until(lambda: set(product.children()) == NAMES, seconds=5, what="all children")
        return product

    yield start
    for product in begun:
        product.clean_up()


def database(runtime: Path, user: str) -> "psycopg.Connection[tuple[object, ...]]":
    (directory,) = runtime.iterdir()
    return psycopg.connect(
        host=str(directory), user=user, dbname=roles.DATABASE, autocommit=True, connect_timeout=5
    )


def work_is_done(runtime: Path, key: str) -> float:
    """Put one job into the database; return the seconds until somebody has done it."""
    with database(runtime, roles.APPLICATION) as connection:
        connection.execute(
            "INSERT INTO governance_job (kind, key, payload, actor, due_at, state, attempt,"
            " failures, lost, worker, last_error) VALUES ('alarm_hand_up', %s, '{}',"
            " 'service:scheduler', now(), 'ready', 0, 0, 0, '', '')",
            [key],
        )

        def done() -> bool:
            row = connection.execute("SELECT state FROM governance_job WHERE key = %s", [key])
            return row.fetchone() == ("done",)

        return wait_until(done, seconds=40, what=f"job {key}")


def cosigned(runtime: Path) -> int:
    """Return how many entries the audit log has, once a witness has signed for all of them."""
    sizes = (0, 0)
    with database(runtime, roles.OWNER) as connection:

        def whole() -> bool:
            nonlocal sizes
            row = connection.execute(
                "SELECT (SELECT count(*) FROM audit_event),"
                " (SELECT coalesce(max(size), 0) FROM audit_cosignature)"
            ).fetchone()
            assert row is not None
            sizes = (int(str(row[0])), int(str(row[1])))
            return 0 < sizes[0] == sizes[1]

        wait_until(whole, seconds=30, what="cosignature of all entries")
    return sizes[1]


def test_it_answers_works_and_ctrl_c_leaves_nothing(run: Run, runtime: Path) -> None:
    product = run()
    assert product.get("/livez") == (200, "ok\n")
    status, body = product.get("/readyz")
    assert (status, '"ready"' in body) == (200, True)
    product.wait_for_line("The first sign-in enrolls a second factor")
    assert f"launcher | Sign in at http://localhost:{product.port}" in product.said
    work_is_done(runtime, "answers")
    assert cosigned(runtime) > 0
    children = list(product.children().values())
    code, seconds = product.stop(signal.SIGINT)
    assert (code, product.lines[-1]) == (0, "launcher | stopped")
    assert seconds < 10, f"stopped after {seconds:.1f} s"
    assert [pid for leader in children for pid in pids.session(leader)] == []
    assert list(runtime.iterdir()) == []
    ports.require_free(product.port)


def test_every_killed_child_comes_back_and_works(run: Run, runtime: Path) -> None:
    product = run()
    before = product.children()
    for name in before:
        # A child that ended with a server killed before it is another process by now.
        wait_until(
            lambda name=name: pids.token(product.children()[name]), seconds=10, what=f"{name} alive"
        )
        pid = product.children()[name]
        os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda name=name, pid=pid: product.children()[name] != pid,
            seconds=10,
            what=f"{name} anew",
        )
        wait_until(lambda: product.get("/readyz")[0] == 200, seconds=30, what=f"ready after {name}")
        assert f"launcher | {name} ended with code -9; starts again in" in product.said
    work_is_done(runtime, "healed")
    assert cosigned(runtime) > 0
    assert all(pids.token(pid) for pid in product.children().values())
    assert not any(pids.session(pid) for pid in before.values())
    code, _ = product.stop(signal.SIGTERM)
    assert code == 0
    assert list(runtime.iterdir()) == []


def test_the_start_after_a_killed_launcher_takes_over(run: Run, runtime: Path) -> None:
    killed = run()
    with database(runtime, roles.OWNER) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS a")
    old = killed.children()
    killed.kill()
    assert any(pids.token(pid) for pid in old.values())
    product = run()
    assert not any(pids.session(pid) for pid in old.values())
    assert product.get("/readyz")[0] == 200
    assert "Policy version" not in product.said, "a second start prepares nothing"
    with database(runtime, roles.OWNER) as connection:
        assert connection.execute("SELECT a FROM kept").fetchone() == (7,)
        connection.execute("DROP TABLE kept")
    assert product.stop()[0] == 0


def test_a_database_that_lost_its_preparation_gets_it_again(run: Run, runtime: Path) -> None:
    """The note says it is prepared, /readyz says no: the judge wins."""
    product = run()
    signed, versions = "audit_policy_signature", "governance_policyversion"
    with database(runtime, roles.OWNER) as connection, connection.transaction():
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute("UPDATE governance_policyhead SET version_id = NULL")
        # Whoever signs what was published waits for the end of it.
        connection.execute(f"LOCK TABLE {signed}, {versions} IN ACCESS EXCLUSIVE MODE")
        for table in (signed, "governance_policyrule", versions):
            # The database itself keeps what was published.
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            connection.execute(f"DELETE FROM {table}")
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    assert product.stop()[0] == 0
    again = run()
    assert again.get("/readyz")[0] == 200
    assert "Policy version" in again.said
    assert again.stop()[0] == 0


def test_a_log_that_was_signed_does_not_begin_anew_without_its_key(
    run: Run, checkout: Path, runtime: Path
) -> None:
    assert run().stop()[0] == 0
    key = checkout / "var" / "audit" / "log.key"
    kept = key.rename(key.with_suffix(".kept"))
    refused = Running(checkout, runtime)
    assert refused.process.wait(timeout=60) == 1
    refused.clean_up()
    assert "log.key is missing, but the audit log was signed with it" in refused.said
    assert not key.exists()
    kept.rename(key)
    again = run()
    assert cosigned(runtime) > 0
    assert again.stop()[0] == 0
