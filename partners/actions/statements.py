"""The set-based statements by which findings end, change, open, and fall overdue.

``products`` and ``components`` are the scope.
"""

# Whoever was ever open and unwaived after its due instant is overdue from that instant on.
BREACH = """
WITH late AS (
    UPDATE partners_finding SET breached_at = due_at
    WHERE breached_at IS NULL AND due_at < LEAST(%(at)s, COALESCE(ended_at, %(at)s))
      AND (product_id = ANY(%(products)s) OR component_id = ANY(%(components)s))
      AND state <> 'withdrawn'
      AND (waived_from IS NULL OR waived_from > due_at
           OR waived_until < LEAST(%(at)s, COALESCE(ended_at, %(at)s)))
    RETURNING id, due_at)
INSERT INTO partners_findingevent (finding_id, kind, at, text)
SELECT id, 'breached', due_at, 'Not fixed when it was due.' FROM late
ON CONFLICT DO NOTHING
"""

# Each arm of the OR has its own small index: what was fixed in time is never looked at again.
SWEEP = """
WITH late AS (
    UPDATE partners_finding SET breached_at = due_at
    WHERE breached_at IS NULL AND due_at < %(at)s
      AND (state = 'open' OR state IN ('fixed', 'mitigated') AND ended_at > due_at)
      AND (waived_from IS NULL OR waived_from > due_at
           OR waived_until < LEAST(%(at)s, COALESCE(ended_at, %(at)s)))
    RETURNING id, due_at),
noted AS (
    INSERT INTO partners_findingevent (finding_id, kind, at, text)
    SELECT id, 'breached', due_at, 'Not fixed when it was due.' FROM late
    ON CONFLICT DO NOTHING)
SELECT 'breached', id, due_at, count(*) OVER () FROM late ORDER BY due_at, id LIMIT %(listed)s
"""

RAN_OUT = """
WITH noted AS (
    INSERT INTO partners_findingevent (finding_id, kind, at, text)
    SELECT f.id, 'unwaived', f.waived_until, 'The waiver ran out; the date is what it was.'
    FROM partners_finding f
    WHERE f.state = 'open' AND f.waived_until < %(at)s AND NOT EXISTS (
        SELECT FROM partners_findingevent e
        WHERE e.finding_id = f.id AND e.kind = 'unwaived' AND e.at = f.waived_until)
    ON CONFLICT DO NOTHING
    RETURNING finding_id, at)
SELECT 'unwaived', finding_id, at, count(*) OVER () FROM noted
ORDER BY at, finding_id LIMIT %(listed)s
"""

WITHDRAW = """
WITH ended AS (
    UPDATE partners_finding f
    SET state = 'withdrawn', claim = '', ended_at = GREATEST(%(at)s, opened_at)
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
    SET state = 'fixed', claim = '', ended_at = GREATEST(s.received_at, f.opened_at)
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
       v.published_at, v.band, v.score, v.rating_source, v.epss,
       v.exploited_on, v.exploited_due_on, v.exploitation, v.is_automatable, v.is_total,
       v.assessed_on, p.is_exposed, r.contract_critical_days, r.contract_other_days, z.time_zone,
       f.id AS known, f.ended_at
FROM partners_sbom s
JOIN partners_sbomcomponent c ON c.sbom_id = s.id
JOIN partners_exposure e ON e.component_id = c.component_id
JOIN partners_vulnerability v ON v.id = e.vulnerability_id
JOIN partners_product p ON p.id = s.product_id
JOIN partners_partner r ON r.id = p.partner_id
JOIN governance_site z ON z.id = p.site_id
LEFT JOIN partners_finding f ON f.product_id = s.product_id
     AND f.vulnerability_id = e.vulnerability_id AND f.component_id = e.component_id
WHERE s.is_current AND (f.id IS NULL OR f.state IN ('fixed', 'withdrawn'))
  AND (s.product_id = ANY(%(products)s) OR e.component_id = ANY(%(components)s))
ORDER BY s.product_id, e.vulnerability_id, e.component_id
"""

# The newest accepted answer to each finding: one on its component before one on the product.
BEST_ANSWER = """
SELECT DISTINCT ON (f.id) f.id, a.status, a.received_at, a.justification, a.author
FROM partners_finding f
JOIN partners_answer a ON a.product_id = f.product_id AND a.vulnerability_id = f.vulnerability_id
     AND (a.component_id = f.component_id OR a.component_id IS NULL) AND a.decision = 'accepted'
WHERE f.id = ANY(%s)
ORDER BY f.id, (a.component_id IS NOT NULL) DESC, a.stated_at DESC, a.received_at DESC, a.id
"""

RESOLVE_ANSWERS = """
UPDATE partners_answer a SET vulnerability_id = n.vulnerability_id
FROM partners_vulnerabilityname n
WHERE n.name = a.name AND a.vulnerability_id IS DISTINCT FROM n.vulnerability_id
RETURNING a.product_id
"""
