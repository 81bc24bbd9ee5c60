-- The row trigger of one governed table. Whatever happens to a row enters the log, whoever
-- did it and how. governance.postgresql.row_functions writes one such function for each
-- table, so that its columns are named in it: looking them up row by row cost more than all
-- the rest. The words in braces are filled in there.
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp{settings} AS $$
DECLARE
  o jsonb; k jsonb; said text; changed text; diff text := ''; col text; party text; moment timestamptz; act text; object text; request text;
  who text := nullif(current_setting('app.actor', true), '');
BEGIN
  IF tg_op = 'UPDATE' THEN
    changed := {changed};
    IF changed = '' AND old *= new THEN RETURN NULL; END IF;
  END IF;
  IF who IS NULL THEN
    IF session_user = 'wardroom_app'
       OR current_setting('role') IN ('wardroom_app', 'wardroom_portal') THEN
      RAISE EXCEPTION 'nobody is acting: the change of % cannot be recorded', tg_table_name
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    who := 'db:' || session_user;
  END IF;
  IF tg_op = 'UPDATE' THEN
    o := to_jsonb(old){less_ignored};
    k := to_jsonb(new){less_ignored};
    IF changed = '' AND o = k THEN RETURN NULL; END IF;
    -- Named first and written out then: the expression for each column is set up anew in
    -- every transaction, so it has to be short.
    FOREACH col IN ARRAY string_to_array(changed, ',') LOOP
      diff := diff || ', "' || col || '": ' || {value};
    END LOOP;
    k := jsonb_strip_nulls(k);
    said := '{"was": "' || encode(sha256(convert_to(jsonb_strip_nulls(o)::text, 'UTF8')), 'hex')
      || '", "digest": "' || encode(sha256(convert_to(k::text, 'UTF8')), 'hex')
      || '", "diff": {' || substr(diff, 3) || '}}';
  ELSIF tg_op = 'INSERT' THEN
    k := jsonb_strip_nulls(to_jsonb(new){less_ignored});
    said := '{"digest": "' || encode(sha256(convert_to(k::text, 'UTF8')), 'hex')
      || '", "new": ' || (k{less_secret})::text || '}';
  ELSE
    k := jsonb_strip_nulls(to_jsonb(old){less_ignored});
    said := '{"was": "' || encode(sha256(convert_to(k::text, 'UTF8')), 'hex')
      || '", "old": ' || (k{less_secret})::text || '}';
  END IF;
  {party}
  party := coalesce(nullif(party, ''), nullif(current_setting('app.tenant', true), ''), 'own');
  -- Assigned, not written into the statement below: expressions there are compiled each time.
  moment := coalesce(nullif(current_setting('app.at', true), '')::timestamptz, clock_timestamp());
  act := {act} || lower(tg_op);
  object := {object};
  request := coalesce(nullif(current_setting('app.request_id', true), ''), 'none');
  INSERT INTO audit_event
    (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body)
  VALUES (moment, party, '', who, act, '', object, 'ok', request, said);
  RETURN NULL;
END $$;
