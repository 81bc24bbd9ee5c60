"""Real databases and roles for the commands."""

from tests.databases import _planted, bootstrap_dsn, plant_database, plant_role

__all__ = ["_planted", "bootstrap_dsn", "plant_database", "plant_role"]
