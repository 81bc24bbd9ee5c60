"""The database backend: two additions to Django's own, both at one place.

* ``ROLE`` in the database settings is taken on connect, so that one ``DATABASE_URL`` of
  the owner still leaves web and workers without ownership.
* Each transaction begins by naming its actor, request and instant in settings local to
  it; the audit log reads them there.
"""

from typing import Any

from django.db.backends.postgresql import base

from governance import context

_SET = (
    "SELECT set_config('app.actor', %s, true), set_config('app.request_id', %s, true), "
    "set_config('app.at', %s, true), set_config('app.tenant', %s, true)"
)


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with role and context."""

    def init_connection_state(self) -> None:
        super().init_connection_state()
        role = self.settings_dict.get("ROLE")
        if role:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT set_config('role', %s, false)", [role])

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if not autocommit:
            self.name_context()

    def name_context(self) -> None:
        """Tell the running transaction who acts; no-op where nobody does (migrations)."""
        now = context.current()
        if now is not None:
            with self.connection.cursor() as cursor:
                cursor.execute(_SET, now.settings())


__all__: list[Any] = ["DatabaseWrapper"]
