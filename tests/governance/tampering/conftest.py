"""The log that attacks are tried on, made once and shared."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.databases import bootstrap_dsn as bootstrap_dsn
from tests.governance.tampering.lab import Lab, build, copied_database, standing_in


@pytest.fixture(scope="session")
def lab(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    bootstrap_dsn: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    with django_db_blocker.unblock(), copied_database(bootstrap_dsn) as name:
        with standing_in(name):
            made = build(bootstrap_dsn, name, tmp_path_factory.mktemp("lab"))
        yield made
