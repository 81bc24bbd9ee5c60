"""Hands PostgreSQL down to the ground: its programs, and clusters that exist for one use."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from config.embedded import discovery, roles
from config.embedded.errors import LaunchError
from config.embedded.home import Home
from config.embedded.services import Services
from governance import registries
from governance.errors import Unavailable
from governance.registries import Scratch, Servers

_NOT_WANTED = dict.fromkeys(("REDIS_URL", "SECRET_KEY", "MFA_KEYS"), "none")


def places() -> Iterator[Path]:
    """Yield the folders that may hold PostgreSQL's programs, best first."""
    yield from (place for _, place in discovery.postgres_places(settings.SERVER_ENVIRONMENT))
    # Clients are often installed without a server.
    on_path = shutil.which("pg_dump")
    if on_path:
        yield Path(on_path).parent


@contextmanager
def cluster() -> Iterator[Scratch]:
    """Start an empty cluster with binaries of ours; at the end it is removed with all it holds.

    Raises:
        Unavailable: no server binaries, or the server does not start.
    """
    known = settings.SERVER_ENVIRONMENT
    try:
        home = Home.temporary(known)
    except LaunchError as error:
        raise Unavailable(str(error)) from error
    services = Services(home, {**known, **_NOT_WANTED})
    try:
        try:
            services.start()
        except LaunchError as error:
            raise Unavailable(f"no scratch cluster: {str(error).splitlines()[0]}") from error
        assert services.postgres is not None
        host = services.environment["PGHOST"]
        yield Scratch(host, roles.SUPERUSER, services.postgres.binaries.bin)
    finally:
        services.stop()
        home.close()


registries.servers.add("postgresql", Servers(places, cluster))
