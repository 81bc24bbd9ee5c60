"""Database identities: the application owns nothing and can change no log.

The owner runs migrations. ``wardroom_app`` reads and writes rows, ``wardroom_portal`` is
prepared for partner requests and holds nothing yet.
"""

from django.db import migrations

ROLES = """
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['wardroom_app', 'wardroom_portal'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', wanted);
      EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END IF;
  END LOOP;
END $$;
"""

GRANTS = """
GRANT USAGE ON SCHEMA public TO wardroom_app, wardroom_portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO wardroom_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO wardroom_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wardroom_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO wardroom_app;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM wardroom_app;
REVOKE UPDATE, DELETE ON governance_auditevent, governance_decisionlog FROM wardroom_app;
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial")]

    operations = [
        migrations.RunSQL(ROLES, migrations.RunSQL.noop),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
