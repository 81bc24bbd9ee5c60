"""Which migrations a database has, held against those of this release."""

from typing import Any

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from psycopg import Connection

Session = Connection[Any]


def migrations(session: Session) -> tuple[list[str], list[str]]:
    """Return what the database of ``session`` lacks, and what it has that we do not know."""
    rows = session.execute("SELECT app, name FROM django_migrations").fetchall()
    applied = {(str(app), str(name)) for app, name in rows}
    loader = MigrationLoader(None)
    known = set(loader.disk_migrations)
    replaced: set[tuple[str, str]] = set()
    for key, migration in loader.disk_migrations.items():
        replaced.update(migration.replaces)
        # A squashed one counts as applied once all that it replaces are.
        if migration.replaces and set(migration.replaces) <= applied:
            applied.add(key)
        if key in applied:
            applied.update(migration.replaces)
    lacking = sorted(f"{app}.{name}" for app, name in known - applied)
    ours = {config.label for config in apps.get_app_configs()}
    newer = sorted(f"{app}.{name}" for app, name in applied - known - replaced if app in ours)
    return lacking, newer
