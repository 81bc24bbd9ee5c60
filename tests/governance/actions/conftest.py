"""Real databases and roles in which drift is planted."""

from tests.databases import _planted, bootstrap_dsn, plant_database, plant_role

__all__ = ["_planted", "bootstrap_dsn", "plant_database", "plant_role"]
