"""Statements over what was just written, where the planner was told that the tables are empty."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from psycopg import conninfo

from partners.actions import matching, storing

pytestmark = pytest.mark.django_db
# What a large import leaves that was rolled back: pages, and not one row in them.
_DEAD = [
    "SET session_replication_role = replica",
    "INSERT INTO partners_componentversion (digest, type, namespace, name, version, qualifiers,"
    " ecosystem, package, unmatchable) SELECT decode(md5(n::text), 'hex'), 'pypi', '', n::text,"
    " '1', '', 'PyPI', n::text, '' FROM generate_series(1, 3000) n",
    "INSERT INTO partners_sbomcomponent (sbom_id, component_id, pointer, name, version, purl, kind,"
    " scope, licenses, hashes, supplier, quarantine) SELECT gen_random_uuid(), n, '', '', '', '',"
    " '', '', '[]', '[]', '', '' FROM generate_series(1, 3000) n",
]


def _plan(statement: str, given: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", given)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_components_are_looked_up_by_key_in_tables_that_count_as_empty(bootstrap_dsn: str) -> None:
    dsn = conninfo.make_conninfo(bootstrap_dsn, dbname=connection.settings_dict["NAME"])
    with psycopg.connect(dsn) as owner:
        for statement in _DEAD:
            owner.execute(statement.encode())
        owner.rollback()
        owner.execute(b"ANALYZE partners_componentversion, partners_sbomcomponent")
    pairs = _plan(matching._PAIRS, [[1, 2, 3]])
    assert "Index Cond: (id = k.id)" in pairs, pairs
    unseen = _plan(storing._UNSEEN, {"sbom": uuid4()})
    assert "Index Cond: (id = partners_sbomcomponent.component_id)" in unseen, unseen
