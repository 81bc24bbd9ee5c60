"""Drift connector for PostgreSQL: roles, memberships and grants as the server holds them.

Vocabulary of the rows, which approved grants must use too:

=================  ==========================  ===========================================
scope              entitlement                 meaning
=================  ==========================  ===========================================
``cluster``        ``superuser`` and others    attribute of the role
``role:X``         ``member``, ``admin``       member of X; may pass X on
``database:D``     ``connect``, ``temporary``  privileges on the database
``schema:S``       ``usage``, ``create``       privileges on the schema
``S.T``, ``S.T.C`` ``select``, ``insert``, …   privileges on a relation, on a column
any object         ``owner``                   owns it, and may grant itself all the rest
=================  ==========================  ===========================================
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import TupleRow

from governance.connectors.errors import ConnectorFailed
from governance.connectors.reach import Graph, Membership, Reach, graph, reach
from governance.connectors.session import STATEMENT_SECONDS, SessionFailed, snapshot
from governance.domain import fqn
from governance.domain.drift import ALL_RIGHTS, Observation, ObservedGrant, one_per_key, source_hash

PUBLIC = "PUBLIC"
"""Principal of what is granted to everybody; a real role of this name is spelled in quotes."""

CLUSTER = "cluster"

_PRIVILEGED_ROLES = frozenset(
    {
        "pg_checkpoint",
        "pg_create_subscription",
        "pg_execute_server_program",
        "pg_maintain",
        "pg_read_all_data",
        "pg_read_server_files",
        "pg_signal_autovacuum_worker",
        "pg_signal_backend",
        "pg_write_all_data",
        "pg_write_server_files",
    }
)

# Of 63 bytes each, so that a path has room in its column.
_MOST_NAMED = 4

_DATA_ROLES = {
    "pg_read_all_data": ("select",),
    "pg_write_all_data": ("insert", "update", "delete"),
}

_ROLES: LiteralString = """
    SELECT r.oid, r.rolname, r.rolcanlogin, r.rolinherit,
           array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'superuser' END,
                              CASE WHEN r.rolcreaterole THEN 'createrole' END,
                              CASE WHEN r.rolcreatedb THEN 'createdb' END,
                              CASE WHEN r.rolreplication THEN 'replication' END,
                              CASE WHEN r.rolbypassrls THEN 'bypassrls' END], NULL)
      FROM pg_catalog.pg_roles r
"""

# Until PostgreSQL 15 the member decides whether it inherits, and may always SET ROLE; since 16
# both are options of each membership. Several grantors can give the same membership.
_MEMBERSHIPS: LiteralString = """
    SELECT m.member, m.roleid, bool_or(m.admin_option),
           bool_or(coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit)),
           bool_or(coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))
      FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.member
     GROUP BY m.member, m.roleid
"""

# The owner of the database is a member of pg_database_owner (PostgreSQL 14) without a row.
_DATABASE_OWNER: LiteralString = """
    SELECT d.datdba, r.oid, false, true, false
      FROM pg_catalog.pg_database d, pg_catalog.pg_roles r
     WHERE d.datname = pg_catalog.current_database() AND r.rolname = 'pg_database_owner'
"""

# An ACL that was never changed is NULL and means the built-in default.
_GRANTS: LiteralString = """
    WITH spaces AS (
        SELECT * FROM pg_catalog.pg_namespace n
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
           AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
    ), objects AS (
        SELECT 'database' AS sort, ARRAY[d.datname::text] AS path, d.datdba AS owner,
               coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba)) AS acl
          FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
        UNION ALL
        SELECT 'schema', ARRAY[n.nspname::text], n.nspowner,
               coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))
          FROM spaces n
        UNION ALL
        SELECT CASE WHEN c.relkind = 'S' THEN 'sequence' ELSE 'relation' END,
               ARRAY[n.nspname::text, c.relname::text], c.relowner,
               coalesce(c.relacl, pg_catalog.acldefault(
                   CASE WHEN c.relkind = 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))
          FROM pg_catalog.pg_class c JOIN spaces n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S')
        UNION ALL
        SELECT 'column', ARRAY[n.nspname::text, c.relname::text, a.attname::text], NULL, a.attacl
          FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
          JOIN spaces n ON n.oid = c.relnamespace
         WHERE a.attacl IS NOT NULL AND a.attnum > 0 AND NOT a.attisdropped
    )
    SELECT o.sort, o.path, o.owner, g.grantee, lower(g.privilege_type)
      FROM objects o LEFT JOIN LATERAL pg_catalog.aclexplode(o.acl) g ON true
"""


def observe(dsn: str, *, statement_seconds: int = STATEMENT_SECONDS) -> Observation:
    """Read who may do what in the database at ``dsn``, in one read-only snapshot.

    Any role that may connect sees all of it; no superuser is needed. Rows that follow from
    others are marked as implied: what an owner, a member, a superuser or everybody has.
    PostgreSQL does not record when a privilege was given or last used.

    Raises:
        ConnectorFailed: nothing is returned in part.
    """
    try:
        with snapshot(dsn, statement_seconds=statement_seconds) as connection:
            return _observation(connection)
    except SessionFailed as error:
        raise ConnectorFailed(error.code, error.detail) from None


@dataclass(frozen=True, slots=True)
class _Role:
    oid: int
    name: str
    can_login: bool
    attributes: tuple[str, ...]

    @property
    def is_predefined(self) -> bool:
        # The server reserves the prefix.
        return self.name.startswith("pg_")

    @property
    def is_superuser(self) -> bool:
        return ALL_RIGHTS in self.attributes


@dataclass(frozen=True, slots=True)
class _Right:
    """A privilege of one role, before memberships are followed."""

    entitlement: str
    scope: str
    is_owned: bool = False


def _observation(connection: psycopg.Connection[TupleRow]) -> Observation:
    taken_at = _only(connection, "SELECT pg_catalog.now()")
    roles = {
        oid: _Role(oid, name, can_login, tuple(attributes))
        for oid, name, can_login, _inherits, attributes in connection.execute(_ROLES)
    }
    memberships = [Membership(*row) for row in connection.execute(_MEMBERSHIPS)]
    rights: dict[int, list[_Right]] = {}
    scopes: list[tuple[str, str]] = []
    for grantee, right, sort in _rights(connection.execute(_GRANTS)):
        rights.setdefault(grantee, []).append(right)
        if right.entitlement == "owner":
            scopes.append((sort, right.scope))
    for oid, role in roles.items():
        rights.setdefault(oid, []).extend(_data_rights(role, scopes))
    chains = graph(
        [*memberships, *(Membership(*row) for row in connection.execute(_DATABASE_OWNER))]
    )
    direct = {(edge.member, edge.role): edge for edge in memberships}
    rows = one_per_key(_rows(roles, chains, direct, rights))
    return Observation(rows, complete=True, taken_at=taken_at, source_hash=source_hash(rows))


def _only(connection: psycopg.Connection[TupleRow], sql: LiteralString) -> Any:
    row = connection.execute(sql).fetchone()
    if row is None:
        raise SessionFailed("failed", "the server gave no answer")
    return row[0]


def _rights(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, _Right, str]]:
    owned = set()
    for sort, path, owner, grantee, privilege in found:
        scope = f"{sort}:{path[0]}" if sort in ("database", "schema") else fqn.joined(*path)
        if owner is not None and (owner, scope) not in owned:
            owned.add((owner, scope))
            yield owner, _Right("owner", scope), sort
        if grantee is not None:
            yield grantee, _Right(privilege, scope, is_owned=grantee == owner), sort


def _data_rights(role: _Role, scopes: list[tuple[str, str]]) -> Iterator[_Right]:
    """What two predefined roles may do, although no ACL says so."""
    for entitlement in _DATA_ROLES.get(role.name, ()):
        yield from (_Right(entitlement, scope) for sort, scope in scopes if sort == "relation")
    if role.name in _DATA_ROLES:
        yield from (_Right("usage", scope) for sort, scope in scopes if sort == "schema")


def _rows(
    roles: dict[int, _Role],
    chains: Graph,
    direct: dict[tuple[int, int], Membership],
    rights: dict[int, list[_Right]],
) -> Iterator[ObservedGrant]:
    everybody = rights.get(0, [])
    yield from (
        ObservedGrant(PUBLIC, right.entitlement, right.scope, "public", can_login=False)
        for right in everybody
    )
    for role in roles.values():
        if role.is_predefined:
            continue
        reached = reach(role.oid, chains)
        yield from _own(role, rights.get(role.oid, []))
        own = {edge.role: direct.get((role.oid, edge.role)) for edge in chains.get(role.oid, ())}
        yield from _belonging(role, roles, reached, own)
        for other in reached:
            for right in rights.get(other.role, []):
                yield _implied(role, right, _way(other.manner, other.chain, roles))
        if role.can_login:
            yield from (_implied(role, right, "public") for right in everybody)


def _own(role: _Role, rights: list[_Right]) -> Iterator[ObservedGrant]:
    for attribute in role.attributes:
        yield ObservedGrant(
            principal=_principal(role),
            entitlement=attribute,
            scope=CLUSTER,
            via="direct",
            is_privileged=True,
            can_login=role.can_login,
            is_implied=role.is_superuser and attribute != ALL_RIGHTS,
        )
    for right in rights:
        owns = right.entitlement == "owner" or right.is_owned
        yield ObservedGrant(
            principal=_principal(role),
            entitlement=right.entitlement,
            scope=right.scope,
            via="owner" if owns else "direct",
            is_privileged=role.is_superuser,
            can_login=role.can_login,
            is_implied=role.is_superuser or right.is_owned,
        )


def _belonging(
    role: _Role,
    roles: dict[int, _Role],
    reached: list[Reach],
    own: dict[int, Membership | None],
) -> Iterator[ObservedGrant]:
    targets = {group: "direct" for group, edge in own.items() if edge}
    for other in reached:
        way = other.chain[:-1] or other.chain
        targets.setdefault(other.role, _way("member of", way, roles))
    for oid, via in targets.items():
        edge = own.get(oid)
        target = roles[oid]
        privileged = target.name in _PRIVILEGED_ROLES or bool(target.attributes)
        for entitlement in ("member", "admin") if edge and edge.is_admin else ("member",):
            yield ObservedGrant(
                principal=_principal(role),
                entitlement=entitlement,
                scope=f"role:{target.name}",
                via=via,
                is_privileged=privileged or entitlement == "admin",
                can_login=role.can_login,
                is_implied=via != "direct",
            )


def _implied(role: _Role, right: _Right, via: str) -> ObservedGrant:
    return ObservedGrant(
        principal=_principal(role),
        entitlement=right.entitlement,
        scope=right.scope,
        via=via,
        is_privileged=role.is_superuser,
        can_login=role.can_login,
        is_implied=True,
    )


def _way(manner: str, chain: Sequence[int], roles: dict[int, _Role]) -> str:
    """Return a chain of roles in words; of a very long one the first and the last."""
    names = [roles[oid].name for oid in chain]
    if len(names) > _MOST_NAMED:
        names[2:-1] = ["..."]
    return f"{manner} {' > '.join(names)}"


def _principal(role: _Role) -> str:
    return fqn.quoted(role.name) if role.name == PUBLIC else role.name
