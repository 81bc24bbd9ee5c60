"""The audit log becomes a tree: sealed events, leaves, tiles, checkpoints, cosignatures.

Three more database identities: the sequencer adds to the tree, the eraser blanks bodies,
and the application may state an event but not when, in which transaction or with which leaf.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from governance.postgresql import grouping, triggers

ROLES = """
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['wardroom_sequencer', 'wardroom_eraser'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', wanted);
      EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END IF;
  END LOOP;
END $$;
"""

GRANTS = """
REVOKE ALL ON audit_event, audit_leaf, audit_tile, audit_checkpoint, audit_cosignature, audit_key,
  audit_erasure, audit_verification FROM wardroom_app;
GRANT SELECT ON audit_event, audit_leaf, audit_tile, audit_checkpoint, audit_cosignature, audit_key,
  audit_erasure, audit_verification TO wardroom_app, wardroom_sequencer, wardroom_eraser;
GRANT INSERT (occurred_at, tenant, scope, actor, act, cause, object, outcome, request_id, body)
  ON audit_event TO wardroom_app, wardroom_sequencer, wardroom_eraser;
GRANT INSERT ON audit_verification TO wardroom_app;
GRANT INSERT ON audit_leaf, audit_tile, audit_checkpoint, audit_cosignature, audit_key TO wardroom_sequencer;
GRANT SELECT, INSERT ON governance_alarm TO wardroom_sequencer;
GRANT UPDATE (body, salt) ON audit_event TO wardroom_eraser;
GRANT INSERT ON audit_erasure TO wardroom_eraser;
GRANT USAGE ON SCHEMA public TO wardroom_sequencer, wardroom_eraser;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO wardroom_sequencer, wardroom_eraser;
ALTER TABLE audit_event ADD CONSTRAINT audit_leaf_fits_its_bundle CHECK (octet_length(leaf_data) <= 65535);
ALTER TABLE audit_event ALTER COLUMN body SET STORAGE EXTENDED, ALTER COLUMN leaf_data SET STORAGE MAIN;
"""


def take_over(apps, schema_editor):
    """Seal the events of the table before: ``recorded_at`` becomes the instant of sealing.

    That table stays, so that the version before still works while this one is rolled out.
    """
    with schema_editor.connection.cursor() as cursor:
        triggers.functions(cursor)
        cursor.execute(
            "CREATE TRIGGER audit_upgrade BEFORE INSERT ON audit_event"
            " FOR EACH ROW EXECUTE FUNCTION audit_seal()"
        )
        cursor.execute(
            "INSERT INTO audit_event (occurred_at, tenant, scope, actor, act, cause, object,"
            " outcome, request_id, body)"
            " SELECT occurred_at, 'own', '', actor, act, '', object, outcome, request_id, body::text"
            " FROM governance_auditevent ORDER BY id"
        )
        cursor.execute("DROP TRIGGER audit_upgrade ON audit_event")


class Migration(grouping.Migration):
    dependencies = [("governance", "0002_identities")]

    operations = [
        migrations.RunSQL(ROLES, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("AuditEvent")]),
        migrations.CreateModel(
            "AuditEvent",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cluster", models.BigIntegerField(editable=False)),
                ("xid", models.BigIntegerField(editable=False)),
                ("recorded_at", models.DateTimeField(editable=False)),
                ("leaf_data", models.BinaryField(editable=False)),
                ("salt", models.BinaryField(null=True, editable=False)),
                ("occurred_at", models.DateTimeField()),
                ("tenant", models.CharField(max_length=120, help_text="Partner it belongs to, or own.")),
                ("scope", models.CharField(max_length=120, blank=True)),
                ("actor", models.CharField(max_length=120)),
                ("act", models.CharField(max_length=120)),
                ("cause", models.CharField("part of", max_length=120, blank=True)),
                ("object", models.CharField(max_length=160)),
                ("outcome", models.CharField(default="ok", max_length=8)),
                ("request_id", models.CharField(max_length=64)),
                ("body", models.TextField(null=True)),
            ],
            {
                "db_table": "audit_event",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["cluster", "xid", "id"], name="audit_event_by_transaction"),
                    models.Index(fields=["object", "id"], name="audit_event_by_object"),
                    models.Index(fields=["actor", "id"], name="audit_event_by_actor"),
                    models.Index(fields=["act", "id"], name="audit_event_by_act"),
                    models.Index(fields=["tenant", "id"], condition=~Q(tenant="own"), name="audit_event_by_tenant"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=Q(outcome__in=["ok", "denied"]), name="audit_outcome_is_known"),
                    models.CheckConstraint(
                        condition=Q(body=None, salt=None) | Q(body__isnull=False, salt__isnull=False),
                        name="audit_body_is_salted_or_erased",
                    ),
                ],
            },
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.CreateModel(
            "AuditLeaf",
            [
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("event", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="leaf", to="governance.auditevent")),
                ("leaf_hash", models.BinaryField()),
                ("sequenced_at", models.DateTimeField()),
            ],
            {"db_table": "audit_leaf"},
        ),
        migrations.CreateModel(
            "AuditTile",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.PositiveSmallIntegerField()),
                ("n", models.BigIntegerField()),
                ("data", models.BinaryField()),
                ("root", models.BinaryField()),
            ],
            {
                "db_table": "audit_tile",
                "constraints": [models.UniqueConstraint(fields=["level", "n"], name="audit_tile_is_written_once")],
            },
        ),
        migrations.CreateModel(
            "AuditCheckpoint",
            [
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("note", models.TextField()),
            ],
            {"db_table": "audit_checkpoint", "ordering": ["-size"]},
        ),
        migrations.CreateModel(
            "AuditCosignature",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("checkpoint", models.ForeignKey(db_column="size", on_delete=django.db.models.deletion.PROTECT, related_name="cosignatures", to="governance.auditcheckpoint")),
                ("witness", models.CharField(max_length=120)),
                ("witnessed_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("line", models.TextField()),
            ],
            {
                "db_table": "audit_cosignature",
                "constraints": [models.UniqueConstraint(fields=["checkpoint", "witness"], name="audit_checkpoint_is_cosigned_once")],
            },
        ),
        migrations.CreateModel(
            "AuditKey",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vkey", models.CharField(max_length=300)),
                ("is_end", models.BooleanField(default=False)),
                ("size", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            {
                "db_table": "audit_key",
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=["vkey", "is_end"], name="audit_key_begins_and_ends_once")],
            },
        ),
        migrations.CreateModel(
            "AuditErasure",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="erasure", to="governance.auditevent")),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=120)),
                ("legal_ground", models.CharField(max_length=300)),
            ],
            {
                "db_table": "audit_erasure",
                "constraints": [models.CheckConstraint(condition=~Q(legal_ground=""), name="audit_erasure_has_a_ground")],
            },
        ),
        migrations.CreateModel(
            "AuditVerification",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("is_full", models.BooleanField()),
                ("seconds", models.FloatField()),
                ("size", models.BigIntegerField(help_text="Leaves checked, from the first.")),
                ("root", models.BinaryField()),
                ("expected", models.BigIntegerField()),
                ("verified", models.BigIntegerField()),
                ("witnessed_size", models.BigIntegerField()),
                ("classes", models.JSONField(default=dict, help_text="Failures by rule.")),
                ("failures", models.JSONField(default=list, help_text="The first failing entries.")),
                ("breakdown", models.JSONField(default=dict, help_text="Expected and verified by day and tenant.")),
                ("full_at", models.DateTimeField(help_text="When all of it was last checked.")),
            ],
            {
                "db_table": "audit_verification",
                "ordering": ["-id"],
                "get_latest_by": "id",
                "constraints": [models.CheckConstraint(condition=Q(verified__lte=F("expected")), name="audit_verified_is_within_expected")],
            },
        ),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
