"""A large catalog made by SQL: systems at sites, tables of ten columns, lineage, and one hub."""

import os

import psycopg

SYSTEMS = 20
COLUMNS_IN_TABLE = 10
HUB = 10_000
"""Edges that leave the hub, and as many that come to it, where there are so many columns."""

_ENTITIES = (
    "order customer supplier invoice machine line shift operator badge batch lot pallet carrier "
    "shipment warehouse material product recipe sensor alarm downtime maintenance tool spindle "
    "robot paint press weld torque inspection defect complaint return payment account contract "
    "employee training payroll absence visitor vehicle driver route customs tariff forecast plan "
    "budget cost asset meter energy water waste permit audit risk certificate drawing revision"
)
_ATTRIBUTES = (
    "id code name number status kind type date time start end created updated closed quantity "
    "amount price total rate unit weight length width height color note comment reason owner email "
    "phone address city country zip birth gender nationality salary iban passport score level "
    "limit target actual value minimum maximum average deviation signature hash version flag index"
)
_FILL = """
INSERT INTO catalog_asset (id, kind, name, fqn, source_key, physical_type, description, definition,
       fingerprint, is_personal, is_classified, first_seen_at, system_id, site_id, parent_id, level,
       ordinal)
SELECT %(base)s + t * 11, 'table', n.name, format('db%%s.s%%s.%%s', t %% %(systems)s, t %% 200,
       n.name), 'b/' || t, '',
       CASE WHEN t %% 4 = 0 THEN 'One row for each ' || n.entity || ' of the plant' ELSE '' END,
       '', repeat('0', 64), false, false, now(), s.id, s.site_id, NULL, t %% 4, NULL
  FROM generate_series(%(first)s, %(last)s) t
  JOIN (SELECT id, site_id, row_number() OVER (ORDER BY id) - 1 AS n FROM governance_governedsystem
         WHERE slug LIKE 'bench-%%') s ON s.n = t %% %(systems)s
 CROSS JOIN LATERAL (SELECT (%(entities)s::text[])[1 + t %% %(some)s] AS entity) e
 CROSS JOIN LATERAL (SELECT e.entity, e.entity || '_' ||
       (%(entities)s::text[])[1 + (t / %(some)s) %% %(some)s] || '_' || t AS name) n
"""
_COLUMNS = """
INSERT INTO catalog_asset (id, kind, name, fqn, source_key, physical_type, description, definition,
       fingerprint, is_personal, is_classified, first_seen_at, system_id, site_id, parent_id, level,
       ordinal)
SELECT t.id + c, 'column', n.name, t.fqn || '.' || n.name, t.source_key || '/' || c, 'text',
       CASE WHEN h %% 7 = 0 THEN 'The ' || n.one || ' as the ' || n.two || ' of it' ELSE '' END,
       '', repeat('0', 64), false, false, now(), t.system_id, t.site_id, t.id, h %% 4, c
  FROM catalog_asset t
 CROSS JOIN generate_series(1, 10) c
 CROSS JOIN LATERAL (SELECT hashint8(t.id + c) & 2147483647) x(h)
 CROSS JOIN LATERAL (SELECT (%(attributes)s::text[])[1 + h %% %(some)s] AS one,
                            (%(attributes)s::text[])[1 + (h / %(some)s) %% %(some)s] AS two) w
 CROSS JOIN LATERAL (SELECT w.one, w.two, CASE WHEN h %% 3 = 0 THEN w.one || initcap(w.two) || c
                            ELSE w.one || '_' || w.two ||
                            CASE WHEN h %% 50 = 0 THEN h::text ELSE '' END
                            END AS name) n
 WHERE t.kind = 'table' AND t.id BETWEEN %(base)s + %(first)s * 11 AND %(base)s + %(last)s * 11
"""
# Layers of ten thousand columns: each is made of two of the layer before, near its own place,
# so that lineage is deep and its width small, as through views of views. Eight layers, then anew.
_EDGES = """
INSERT INTO catalog_edge (src_id, dst_id, kind, source, transform, mask, name, first_seen_at)
SELECT a.id, b.id, 'direct', 'harvest', 'identity', '', '', now()
  FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM catalog_asset
         WHERE kind = 'column' AND id >= %(base)s) b
 CROSS JOIN (VALUES (0), (1)) k(k)
  JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM catalog_asset
         WHERE kind = 'column' AND id >= %(base)s) a
    ON a.n = b.n - %(layer)s + k.k * (1 + b.n %% 7)
 WHERE (b.n / %(layer)s) %% 10 > 0
ON CONFLICT DO NOTHING
"""
_HUB = """
INSERT INTO catalog_edge (src_id, dst_id, kind, source, transform, mask, name, first_seen_at)
SELECT h.id, c.id, 'direct', 'harvest', 'identity', '', '', now()
  FROM (SELECT max(id) AS id FROM catalog_asset WHERE kind = 'column') h
 CROSS JOIN (SELECT id FROM catalog_asset WHERE kind = 'column' AND id >= %(base)s
              ORDER BY id DESC OFFSET 1 LIMIT %(hub)s) c
ON CONFLICT DO NOTHING
"""
BASE = 10_000_000


def fill(columns: int, *, of: int = 0) -> int:
    """Make the catalog ``columns`` large, adding to the ``of`` of an earlier call; return how
    many edges there are. Without triggers: what is measured is read.
    """
    layer = max(100, columns // 100)
    words = {
        "base": BASE,
        "systems": SYSTEMS,
        "first": of // COLUMNS_IN_TABLE,
        "last": columns // COLUMNS_IN_TABLE - 1,
        "entities": _ENTITIES.split(),
        "attributes": _ATTRIBUTES.split(),
        "some": min(len(_ENTITIES.split()), len(_ATTRIBUTES.split())),
        "layer": layer,
        "hub": min(HUB, layer),
    }
    with psycopg.connect(
        os.environ["DATABASE_BOOTSTRAP_URL"], autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as session:
        session.execute("SET session_replication_role = replica")
        if of == 0:
            # What another part left.
            session.execute("DELETE FROM catalog_edge WHERE src_id >= %s", (BASE,))
            session.execute("DELETE FROM catalog_labelassertion WHERE asset_id >= %s", (BASE,))
            session.execute("DELETE FROM catalog_asset WHERE id >= %s", (BASE,))
            _grounds(session)
        session.execute("DELETE FROM catalog_edge WHERE src_id >= %s", (BASE,))
        # Made at once they take a fraction of the time.
        slow = session.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'catalog_asset'"
            " AND indexdef LIKE '%USING gin%'"
        ).fetchall()
        for name, _ in slow:
            session.execute(f"DROP INDEX {name}".encode())
        session.execute(_FILL, words)
        session.execute(_COLUMNS, words)
        for _, definition in slow:
            session.execute(definition.encode())
        session.execute("VACUUM ANALYZE catalog_asset")
        session.execute(_EDGES, words)
        session.execute(_HUB, words)
        session.execute("VACUUM ANALYZE catalog_edge")
        row = session.execute("SELECT count(*) FROM catalog_edge").fetchone()
    return int(row[0]) if row else 0


def _grounds(session: psycopg.Connection[tuple[object, ...]]) -> None:
    session.execute(
        """
        WITH site AS (
            INSERT INTO governance_site (slug, name, kind, path, time_zone, parent_id, created_at)
            SELECT 'bench-' || n, 'Plant ' || n, 'site', p.path || '/bench-' || n, 'UTC', p.id,
                   now()
              FROM generate_series(1, 5) n, governance_site p WHERE p.parent_id IS NULL
                ON CONFLICT (slug) DO UPDATE SET name = excluded.name
            RETURNING id)
        INSERT INTO governance_governedsystem
               (slug, name, kind, address, secret, is_scheduled, created_at, site_id)
        SELECT 'bench-' || n, 'System ' || n, 'postgresql', '', '', false, now(),
               (SELECT id FROM site ORDER BY id OFFSET n %% 5 LIMIT 1)
          FROM generate_series(1, %s) n
            ON CONFLICT DO NOTHING
        """,
        (SYSTEMS,),
    )


def fan(count: int) -> int:
    """Make ``count`` columns of one column and of nothing else; return the number of that one."""
    with psycopg.connect(os.environ["DATABASE_BOOTSTRAP_URL"], autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        rows = session.execute(
            "SELECT id FROM catalog_asset WHERE kind = 'column' AND id >= %s ORDER BY id LIMIT %s",
            (BASE, count + 1),
        ).fetchall()
        source, *made = [row[0] for row in rows]
        session.execute(
            "DELETE FROM catalog_edge WHERE src_id = ANY(%s) OR dst_id = ANY(%s)",
            ([source, *made], [source, *made]),
        )
        session.execute(
            """
            INSERT INTO catalog_edge
                   (src_id, dst_id, kind, source, transform, mask, name, first_seen_at)
            SELECT %s, unnest(%s::bigint[]), 'direct', 'fan', 'identity', '', '', now()
            """,
            (source, made),
        )
        session.execute("ANALYZE catalog_edge")
    return int(source)
