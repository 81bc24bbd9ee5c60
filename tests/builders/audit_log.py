"""A long audit log with frequent, rare and burst-like values, written in SQL."""

from django.db import connections

NOW = "2040-11-17 09:45:00+00"
"""Later than what the test itself writes, so that ids and times go the same way."""
DAYS = 400
RARE = {
    "actor": "user:00000000-0000-4000-8000-00000000rare",
    "act": "governance:policy:publish",
    "object": "catalog.asset:rare",
    "scope": "site:rare",
    "tenant": "partners.partner:rare",
}
"""One value of each column that stands in about one group of 50,000, at least in one."""

# Three entries to a transaction: two changes of rows, then the act that they are part of.
# ``u(k)`` is uniform in [0, 1) and the same in every run; a power of it is as uneven as people are.
_FILL = """
INSERT INTO audit_event (cluster, xid, recorded_at, occurred_at, leaf_data, salt, tenant, scope,
                         actor, act, cause, object, outcome, request_id, body)
SELECT audit_cluster(), 1000 + g, stamp + part * interval '2 ms', stamp,
  convert_to(repeat(md5(i::text), 13), 'UTF8'), decode(md5(i::text) || md5(g::text), 'hex'),
  tenant, scope, actor,
  CASE WHEN part = 2 THEN act
       ELSE 'row:' || tbl || ':' || CASE WHEN u4 < 0.2 THEN 'insert' ELSE 'update' END END,
  CASE WHEN part = 2 THEN '' ELSE act END,
  CASE WHEN part = 1 THEN 'governance.notice:' || g ELSE object END,
  CASE WHEN part = 2 AND actor LIKE 'user:%%' AND u5 < 0.01 THEN 'denied' ELSE 'ok' END,
  md5('request' || (g / 2)::text),
  '{"diff": {"level": [1, 2], "note": ["' || repeat('x', 40 + (u4 * 200)::int) || '", "y"]}}'
FROM (
  SELECT i, g, part, u4, u5,
    %(now)s::timestamptz - interval '1 day' * %(days)s * (1 - i / %(of)s::float8) AS stamp,
    CASE WHEN rare THEN %(actor)s
         WHEN u1 < 0.30 THEN 'service:scheduler' WHEN u1 < 0.45 THEN 'service:harvester'
         ELSE 'user:' || left(md5(floor(3000 * power((u1 - 0.45) / 0.55, 4))::text), 8)
              || '-0000-4000-8000-000000000000' END AS actor,
    CASE WHEN rare THEN %(act)s
         WHEN u1 < 0.30 THEN 'governance:measure:sample' WHEN u1 < 0.45 THEN 'catalog:harvest:run'
         ELSE 'app' || floor(3 * u2) || ':noun' || floor(20 * power(u2, 3))
              || ':verb' || floor(4 * u4) END AS act,
    'catalog_t' || floor(30 * power(u2, 3)) AS tbl,
    CASE WHEN rare THEN %(object)s
         ELSE 'catalog.asset:' || floor(60000 * power(u3, 3)) END AS object,
    CASE WHEN rare THEN %(scope)s WHEN u5 < 0.25 THEN '' WHEN u5 < 0.45 THEN '*'
         ELSE 'site:plant-' || floor(40 * power((u5 - 0.45) / 0.55, 3)) END AS scope,
    CASE WHEN rare THEN %(tenant)s WHEN u4 < 0.9 THEN 'own'
         ELSE 'partners.partner:' || floor(60 * power((u4 - 0.9) * 10, 3)) END AS tenant
  FROM (
    SELECT i, g, part, g %% 50000 = 3000 AS rare,
      u(g, 1) AS u1, u(g, 2) AS u2, u(g, 3) AS u3, u(g, 4) AS u4, u(g, 5) AS u5
    FROM (SELECT i, i / 3 AS g, i %% 3 AS part
          FROM generate_series(%(first)s::bigint, %(rows)s::bigint - 1) AS i) numbers
  ) dice
) entries ORDER BY i
"""
_DICE = """
CREATE FUNCTION pg_temp.u(g bigint, k int) RETURNS float8 LANGUAGE sql IMMUTABLE AS
$$ SELECT (hashint8extended(g, k) & 16777215) / 16777216.0::float8 $$
"""


def fill(rows: int, *, first: int = 0, of: int = 0, using: str = "default") -> None:
    """Write entries ``first`` to ``rows`` of a log of 400 days (``of`` entries in all, or these).

    Needs the owner. The seal is off meanwhile: it would date every entry now.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS pg_temp.u")
        cursor.execute(_DICE)
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_seal")
        cursor.execute(
            _FILL.replace(" u(g", " pg_temp.u(g"),
            {**RARE, "now": NOW, "days": DAYS, "rows": rows, "first": first, "of": of or rows},
        )
        cursor.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_seal")
        cursor.execute("ANALYZE audit_event")
