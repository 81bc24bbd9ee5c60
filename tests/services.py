"""Throwaway PostgreSQL and Valkey for one pytest run, started before any settings are read.

The plugin is named by the root ``conftest.py``. ``pyproject.toml`` must not name a
``DJANGO_SETTINGS_MODULE``: pytest-django would read the settings before this file is
imported. It is set here instead.
"""

import atexit
import os
import re
import signal
import sys
from types import FrameType

import django
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from config.embedded.errors import LaunchError
from config.embedded.home import Home
from config.embedded.services import Services

_running: list[Services] = []


@pytest.hookimpl(tryfirst=True)
def pytest_plugin_registered(plugin: object, manager: pytest.PytestPluginManager) -> None:
    """Start the services as soon as this plugin is known: later conftests import models."""
    if plugin is not sys.modules[__name__]:
        return
    options = manager.get_plugin("pytestconfig").known_args_namespace
    if options.help or options.version:
        return
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        _start()
    else:
        _own_valkey_databases(worker)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    # The same way of hashing, a thousand times as fast: hundreds of tests begin with a password.
    PBKDF2PasswordHasher.iterations = 1_000
    # Workers inherit this environment, and pytest-django would read the settings in them
    # before they know their own database number.
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    """Stop what this process started."""
    stop()


def pytest_report_header() -> list[str]:
    """Say which servers the tests use, without a password."""
    urls = (os.environ.get(name, "") for name in ("DATABASE_URL", "REDIS_URL"))
    return ["services: " + " ".join(re.sub(r":[^:@/]*@", "@", url) for url in urls)]


def stop() -> None:
    """Stop the servers and remove their directory; a second call does nothing."""
    while _running:
        services = _running.pop()
        services.stop()
        services.home.close()


def _start() -> None:
    try:
        services = Services(Home.temporary(os.environ), os.environ)
        _running.append(services)
        atexit.register(stop)
        signal.signal(signal.SIGTERM, _terminated)
        services.start()
    except LaunchError as error:
        stop()
        raise pytest.UsageError(str(error)) from None
    os.environ.update(services.environment)
    # Tests create their databases, so they sign in as the owner; each connection then takes on
    # the application's role.
    if os.environ.get("DATABASE_OWNER_URL"):
        os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
    os.environ.setdefault("PUBLIC_URL", "http://localhost:8000")
    # Which permits are sampled goes by ids of chance; tests that want some say so.
    os.environ.setdefault("DECISION_SAMPLE", "0")
    os.environ.setdefault("WARDROOM_EMBEDDED", "1")


def _terminated(number: int, _: FrameType | None) -> None:
    stop()
    pytest.exit("SIGTERM", returncode=128 + number)


def _own_valkey_databases(worker: str) -> None:
    """Give each worker a database number of its own, for cache and broker."""
    number = int(worker.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = re.sub(r"\bdb=\d+", f"db={number}", os.environ["REDIS_URL"])
