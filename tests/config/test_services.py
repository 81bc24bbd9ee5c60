"""The servers of a test run: parallel processes share them and not their data."""

import os

from django.conf import settings
from django.core.cache import cache

from config.celery import app, broker_url


def test_each_parallel_process_has_its_own_valkey_database() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    assert os.environ["REDIS_URL"] == settings.REDIS_URL
    assert settings.REDIS_URL.endswith(f"db={number}")
    assert app.conf.broker_url == broker_url(settings.REDIS_URL)
    client = cache._cache.get_client()
    assert client.connection_pool.connection_kwargs["db"] == number
