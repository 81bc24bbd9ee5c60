"""Real databases for the harvest, and what each page needs."""

from tests.databases import _planted, bootstrap_dsn, plant_database, plant_role

__all__ = ["_planted", "bootstrap_dsn", "plant_database", "plant_role"]
