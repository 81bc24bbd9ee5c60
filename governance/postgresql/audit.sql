-- What the database itself does for the audit log. Installed by `manage.py migrate`
-- (governance.postgresql.triggers) and compared with this file by every full verification.
-- The triggers of governed tables stand in audit_row.sql.

-- The cluster that assigns transaction ids. Marked immutable so that a session reads the
-- control file once; a restored copy is another cluster, hence another session.
CREATE OR REPLACE FUNCTION audit_cluster() RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT system_identifier FROM pg_catalog.pg_control_system() $$;

-- Before an event is inserted: the database, never the client, says when, in which
-- transaction and cluster, and fixes the bytes of the leaf.
CREATE OR REPLACE FUNCTION audit_seal() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE stamp constant text := 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
BEGIN
  IF starts_with(new.act, 'row:') AND current_user IN
     ('wardroom_app', 'wardroom_portal', 'wardroom_sequencer', 'wardroom_eraser') THEN
    RAISE EXCEPTION 'only the row trigger writes row events' USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- As check constraints these would be parsed anew for every row event, an eighth of its cost.
  IF new.outcome NOT IN ('ok', 'denied') THEN
    RAISE EXCEPTION 'an outcome is ok or denied, not %', new.outcome
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_outcome_is_known';
  END IF;
  IF new.body IS NULL THEN
    RAISE EXCEPTION 'an event without a body'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_body_is_salted_or_erased';
  END IF;
  new.cluster := audit_cluster();
  new.xid := pg_current_xact_id()::text::bigint;
  new.recorded_at := clock_timestamp();
  new.salt := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
  IF new.scope = '' THEN
    new.scope := coalesce(current_setting('app.scope', true), '');
  END IF;
  IF new.cause = '' AND starts_with(new.act, 'row:') THEN
    new.cause := coalesce(current_setting('app.act', true), '');
  END IF;
  new.leaf_data := convert_to(json_build_object(
    'v', 1, 'id', new.id,
    'recorded_at', to_char(new.recorded_at AT TIME ZONE 'UTC', stamp),
    'occurred_at', to_char(new.occurred_at AT TIME ZONE 'UTC', stamp),
    'tenant', new.tenant, 'scope', new.scope, 'actor', new.actor, 'act', new.act,
    'cause', new.cause, 'object', new.object, 'request_id', new.request_id,
    'outcome', new.outcome, 'db_user', session_user,
    'body_sha256', encode(sha256(new.salt || convert_to(new.body, 'UTF8')), 'hex'))::text, 'UTF8');
  IF octet_length(new.leaf_data) > 65535 THEN
    RAISE EXCEPTION 'a leaf of % bytes does not fit its bundle', octet_length(new.leaf_data)
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_leaf_fits_its_bundle';
  END IF;
  RETURN new;
END $$;

-- The fingerprint of a row. Nulls are left out, so that a new nullable column changes none.
CREATE OR REPLACE FUNCTION audit_digest(r jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT encode(sha256(convert_to(jsonb_strip_nulls(r)::text, 'UTF8')), 'hex') $$;

-- Log tables change by insertion alone; the body of an event may be blanked by the eraser.
CREATE OR REPLACE FUNCTION audit_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF tg_op = 'UPDATE' AND tg_table_name = 'audit_event' AND current_user = 'wardroom_eraser' THEN
    IF new.body IS NULL AND new.salt IS NULL
       AND to_jsonb(new) - '{body,salt}'::text[] = to_jsonb(old) - '{body,salt}'::text[] THEN
      RETURN new;
    END IF;
  END IF;
  RAISE EXCEPTION '% of % is refused: the audit log only grows', tg_op, tg_table_name
    USING ERRCODE = 'insufficient_privilege';
END $$;

-- Row triggers do not see TRUNCATE, so governed tables refuse it.
CREATE OR REPLACE FUNCTION audit_no_truncate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'TRUNCATE of % is refused: it would leave no entry; use DELETE', tg_table_name
    USING ERRCODE = 'insufficient_privilege';
END $$;

-- A permitted act names itself to the transaction, so that the rows it changes can say why.
CREATE OR REPLACE FUNCTION audit_cause() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF new.allow THEN
    PERFORM set_config('app.act', new.act, true), set_config('app.scope', new.domain, true);
  END IF;
  RETURN new;
END $$;

-- Writes where the rows of a table stand now, for those whose latest event says otherwise
-- (or that have none). Not for the application: install and erasure call it.
CREATE OR REPLACE FUNCTION audit_baseline(watched regclass, key text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET extra_float_digits = 1
SET bytea_output = 'hex' SET intervalstyle = 'iso_8601' AS $$
DECLARE
  args text[]; done bigint;
BEGIN
  SELECT string_to_array(encode(tgargs, 'escape'), '\000') INTO STRICT args
  FROM pg_trigger WHERE tgrelid = watched AND tgname = 'audit_row';
  EXECUTE format($query$
    INSERT INTO audit_event
      (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body)
    SELECT clock_timestamp(), 'own', '', coalesce(nullif(current_setting('app.actor', true), ''), 'db:' || session_user),
      %L, '', r.object, 'ok', coalesce(nullif(current_setting('app.request_id', true), ''), 'none'),
      jsonb_build_object('digest', r.digest)::text
    FROM (SELECT %L || ':' || (to_jsonb(t) ->> %L) AS object,
                 audit_digest(to_jsonb(t) - %L::text[]) AS digest
          FROM %s t WHERE $1 IS NULL OR to_jsonb(t) ->> %L = $1) r
    LEFT JOIN LATERAL (SELECT e.body::jsonb ->> 'digest' AS digest FROM audit_event e
                       WHERE e.object = r.object AND e.act LIKE 'row:%%'
                       ORDER BY e.id DESC LIMIT 1) l ON true
    WHERE l.digest IS DISTINCT FROM r.digest$query$,
    'row:' || watched::text || ':baseline', args[1], args[2], string_to_array(args[4], ','),
    watched, args[2]) USING key;
  GET DIAGNOSTICS done = ROW_COUNT;
  RETURN done;
END $$;
REVOKE ALL ON FUNCTION audit_baseline FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_baseline TO wardroom_eraser;

-- The entries of one request. Their ids stand scattered in no order that the planner knows,
-- so it would rather read the whole log than the summary that finds them: bitmap scans only.
CREATE OR REPLACE FUNCTION audit_of_request(wanted text) RETURNS SETOF bigint
LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off SET enable_indexscan = off AS
$$ SELECT id FROM audit_event WHERE request_id = wanted $$;

-- The life of a policy version, and that nothing of it changes once it has left the draft:
-- what was approved is what is published, and what was in force can be read for ever.
CREATE OR REPLACE FUNCTION audit_policy_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE life text[];
BEGIN
  IF tg_op = 'INSERT' THEN
    IF new.state <> 'draft' THEN
      RAISE EXCEPTION 'a policy version begins as a draft, not as %', new.state
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN new;
  END IF;
  IF tg_op = 'DELETE' THEN
    IF old.state <> 'draft' THEN
      RAISE EXCEPTION 'policy version % is % and is kept', old.number, old.state
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN old;
  END IF;
  life := CASE WHEN new.state = old.state THEN '{}' WHEN new.state = 'superseded' THEN '{state}'
    WHEN new.state = 'published' THEN '{state,published_at,published_by}'
    ELSE '{state,decided_at,decided_by,decision_reason,approved_sha256}' END;
  IF old.state <> 'draft' AND to_jsonb(new) - life <> to_jsonb(old) - life THEN
    RAISE EXCEPTION 'policy version % is % and its content does not change', old.number, old.state
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF new.state <> old.state AND NOT (
    (old.state, new.state) IN (('draft', 'in_review'), ('draft', 'withdrawn'),
      ('in_review', 'approved'), ('in_review', 'rejected'), ('approved', 'published'),
      ('approved', 'withdrawn'), ('published', 'superseded'))
    -- The shell lays the first policy, before there is anybody to approve it.
    OR (old.state = 'draft' AND new.state = 'published' AND new.author = 'service:operator')
  ) THEN
    RAISE EXCEPTION 'policy version % is % and does not become %', old.number, old.state, new.state
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN new;
END $$;

-- A rule belongs to its version: it stands still with it. The lock makes whoever submits the
-- draft wait for whoever edits it, and the other way round.
CREATE OR REPLACE FUNCTION audit_policy_rule() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  version bigint; standing text;
BEGIN
  FOREACH version IN ARRAY CASE tg_op WHEN 'INSERT' THEN ARRAY[new.version_id]
    WHEN 'DELETE' THEN ARRAY[old.version_id] ELSE ARRAY[old.version_id, new.version_id] END LOOP
    SELECT state INTO standing FROM governance_policyversion WHERE id = version FOR SHARE;
    IF standing <> 'draft' THEN
      RAISE EXCEPTION 'a rule of a policy version that is % does not change', standing
        USING ERRCODE = 'insufficient_privilege';
    END IF;
  END LOOP;
  IF tg_op = 'DELETE' THEN RETURN old; END IF;
  RETURN new;
END $$;
