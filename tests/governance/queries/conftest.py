"""Fixtures of the queries' tests."""

from tests.databases import bootstrap_dsn as bootstrap_dsn
