"""The throwaway server itself, for what only its superuser may do."""

from tests.databases import bootstrap_dsn

__all__ = ["bootstrap_dsn"]
