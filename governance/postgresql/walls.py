"""The second wall between partners: row-level security under the portal's own role.

Behind ``boundary.walled`` a request is ``wardroom_portal``, and the transaction names its
party in ``app.tenant``. Of each table that belongs to parties that role meets only the rows
of this one, whatever the query says; without a party it meets none. Which tables these are
follows from the models, and ``manage.py migrate`` installs what stands here, so that no
migration can forget it.
"""

import re
from dataclasses import dataclass

from django.apps import apps
from django.db.backends.utils import CursorWrapper
from django.db.models import ForeignKey, Model

from governance import registries
from governance.postgresql.triggers import Cursor

PORTAL, APPLICATION = "wardroom_portal", "wardroom_app"
OURS, THEIRS = "wall_own", "wall_portal"
SHARED = frozenset({"governance.membership", "governance.auditevent"})
"""Have a party and no wall: the policy in force is read whole, by whoever asks first; the audit
log is one sequence, of which the portal's role may read the leaves that it must hand on."""
_TENANT = "current_setting('app.tenant', true)"

_POLICIES = """
SELECT c.relname, p.polname, p.polroles::regrole[]::text[], p.polcmd, p.polpermissive,
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE c.relnamespace = 'public'::regnamespace
"""
_ENABLED = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relrowsecurity
"""


@dataclass(frozen=True, slots=True)
class Wall:
    """A table of parties and which of its rows are the running party's."""

    table: str
    condition: str


def walls() -> list[Wall]:
    """Return the tables that belong to parties, by name.

    A table does if its model names a party, or if a record of it points to one of those.
    """
    found: dict[type[Model], Wall | None] = {}
    models = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
    return sorted(
        (wall for model in models if (wall := _wall(model, found)) is not None),
        key=lambda wall: wall.table,
    )


def _wall(model: type[Model], found: dict[type[Model], Wall | None]) -> Wall | None:
    """Return the wall of ``model``, whose rows are found along one foreign key at a time."""
    if model in found:
        return found[model]
    found[model] = None
    meta = model._meta
    if meta.label_lower in SHARED:
        return None
    first, _, rest = str(getattr(model, "party_path", "")).partition("__")
    if first and not rest:
        column = meta.get_field(first).column  # type: ignore[union-attr]
        found[model] = Wall(meta.db_table, f"{column} = {_TENANT}")
        return found[model]
    keys = [meta.get_field(first)] if first else meta.get_fields()
    for key in keys:
        there = key.related_model
        if not isinstance(key, ForeignKey) or not isinstance(there, type) or there is model:
            continue
        if _wall(there, found) is not None:
            far = there._meta
            assert far.pk is not None
            inner = f"SELECT {far.db_table}.{far.pk.column} FROM {far.db_table}"  # noqa: S608
            found[model] = Wall(meta.db_table, f"{key.column} IN ({inner})")
            break
    return found[model]


def install(cursor: CursorWrapper) -> None:
    """Bring policies and privileges of the portal's role up to date."""
    cursor.execute(_POLICIES)
    actual = {(row[0], row[1]) for row in cursor.fetchall()}
    wanted = walls()
    kept = {wall.table for wall in wanted}
    for table, name in actual:
        if name in (OURS, THEIRS):
            cursor.execute(f'DROP POLICY {name} ON "{table}"')
            if table not in kept:
                cursor.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
    for wall in wanted:
        on = f'ON "{wall.table}" FOR ALL TO'
        cursor.execute(f'ALTER TABLE "{wall.table}" ENABLE ROW LEVEL SECURITY')
        cursor.execute(
            f"CREATE POLICY {THEIRS} {on} {PORTAL}"
            f" USING ({wall.condition}) WITH CHECK ({wall.condition})"
        )
        cursor.execute(f"CREATE POLICY {OURS} {on} {APPLICATION} USING (true) WITH CHECK (true)")
    _grant(cursor)


def _grant(cursor: CursorWrapper) -> None:
    """Let the portal's role do what the apps said that it must, and nothing else."""
    cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {PORTAL}")
    cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {PORTAL}")
    for table, privileges in registries.portal:
        cursor.execute(f'GRANT {privileges} ON "{table}" TO {PORTAL}')


def faults(cursor: Cursor) -> list[str]:
    """Return in words where the wall is not as it should be."""
    cursor.execute(_ENABLED)
    enabled = {row[0] for row in cursor.fetchall()}
    cursor.execute(_POLICIES)
    actual = {(row[0], row[1]): row[2:] for row in cursor.fetchall()}
    found = []
    for wall in walls():
        if wall.table not in enabled:
            found.append(f"row-level security on {wall.table} is off")
        for name, role, said in (
            (THEIRS, PORTAL, wall.condition),
            (OURS, APPLICATION, "true"),
        ):
            policy = actual.pop((wall.table, name), None)
            if policy is None:
                found.append(f"policy {name} on {wall.table} is missing")
                continue
            roles, command, is_permissive, using, check = policy
            as_told = (list(roles), command, is_permissive) == ([role], "*", True)
            if not as_told or {_bare(using), _bare(check)} != {_bare(said)}:
                found.append(f"policy {name} on {wall.table} is another than this release's")
    found += [f"policy {name} on {table} is none of this release's" for table, name in actual]
    return found


def _bare(expression: str) -> str:
    """Return an expression without what the database adds when it tells it again."""
    return re.sub(r"[\s()\"]|::(text|character varying)", "", expression or "").lower()
