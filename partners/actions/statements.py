"""The set-based statements by which findings end, change, open, and fall overdue.

``products`` and ``components`` are the scope, ``everything`` widens it to all findings.
"""

BREACH = """
WITH late AS (
    UPDATE partners_finding SET breached_at = due_at
    WHERE breached_at IS NULL AND due_at < %(at)s
      AND (%(everything)s OR product_id = ANY(%(products)s) OR component_id = ANY(%(components)s))
      AND (state = 'open' OR state = 'fixed' AND ended_at > due_at)
    RETURNING id, due_at)
INSERT INTO partners_findingevent (finding_id, kind, at, text)
SELECT id, 'breached', due_at, 'Not fixed when it was due.' FROM late
ON CONFLICT DO NOTHING
"""

WITHDRAW = """
WITH ended AS (
    UPDATE partners_finding f SET state = 'withdrawn', ended_at = GREATEST(%(at)s, opened_at)
    WHERE state = 'open'
      AND (product_id = ANY(%(products)s) OR component_id = ANY(%(components)s))
      AND NOT EXISTS (
        SELECT FROM partners_exposure e
        WHERE e.component_id = f.component_id AND e.vulnerability_id = f.vulnerability_id)
    RETURNING id, ended_at)
INSERT INTO partners_findingevent (finding_id, kind, at, text)
SELECT id, 'withdrawn', ended_at, 'No advisory says so any more.' FROM ended
"""

# An entry set aside may be the very component: then its absence proves nothing.
FIX = """
WITH ended AS (
    UPDATE partners_finding f
    SET state = 'fixed', ended_at = GREATEST(s.received_at, f.opened_at)
    FROM partners_sbom s
    WHERE s.product_id = f.product_id AND s.is_current AND f.state = 'open'
      AND f.product_id = ANY(%(products)s) AND s.quarantined <= %(trusted_quarantine)s
      AND NOT EXISTS (
        SELECT FROM partners_sbomcomponent c
        WHERE c.sbom_id = s.id AND c.component_id = f.component_id)
      AND NOT EXISTS (
        SELECT FROM partners_sbomcomponent q
        JOIN partners_componentversion v ON v.id = f.component_id
        WHERE q.sbom_id = s.id AND q.component_id IS NULL
          AND strpos(
            regexp_replace(lower(left(q.name || ' ' || q.purl, 4096)), '[-_.]+', '-', 'g'),
            regexp_replace(lower(v.name), '[-_.]+', '-', 'g')) > 0)
    RETURNING f.id, f.ended_at)
INSERT INTO partners_findingevent (finding_id, kind, at, text)
SELECT id, 'fixed', ended_at, 'The newer SBOM does not list this version.' FROM ended
"""

REFRESH = """
UPDATE partners_finding f
SET evidence = e.evidence, fixed_versions = e.fixed_versions, is_unbounded = e.is_unbounded
FROM partners_exposure e
WHERE e.component_id = f.component_id AND e.vulnerability_id = f.vulnerability_id
  AND f.state = 'open'
  AND (f.product_id = ANY(%(products)s) OR f.component_id = ANY(%(components)s))
  AND (f.evidence, f.fixed_versions, f.is_unbounded)
      IS DISTINCT FROM (e.evidence, e.fixed_versions, e.is_unbounded)
"""

TO_OPEN = """
SELECT s.product_id, e.vulnerability_id, e.component_id,
       GREATEST(s.received_at, e.known_at) AS first_seen_at,
       e.evidence::text, e.fixed_versions::text, e.is_unbounded,
       v.published_at, v.band, v.score, v.rating_source, z.time_zone,
       f.id AS known, f.ended_at
FROM partners_sbom s
JOIN partners_sbomcomponent c ON c.sbom_id = s.id
JOIN partners_exposure e ON e.component_id = c.component_id
JOIN partners_vulnerability v ON v.id = e.vulnerability_id
JOIN partners_product p ON p.id = s.product_id
JOIN governance_site z ON z.id = p.site_id
LEFT JOIN partners_finding f ON f.product_id = s.product_id
     AND f.vulnerability_id = e.vulnerability_id AND f.component_id = e.component_id
WHERE s.is_current AND (f.id IS NULL OR f.state <> 'open')
  AND (s.product_id = ANY(%(products)s) OR e.component_id = ANY(%(components)s))
ORDER BY s.product_id, e.vulnerability_id, e.component_id
"""
