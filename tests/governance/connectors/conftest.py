"""Real databases for the connectors."""

from tests.databases import _planted, bootstrap_dsn, plant_database, plant_role

__all__ = ["_planted", "bootstrap_dsn", "plant_database", "plant_role"]
