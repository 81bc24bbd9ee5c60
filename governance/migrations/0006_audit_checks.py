"""Checks of audit events move into the trigger that seals them: governance/postgresql/audit.sql."""

from django.db import migrations

from governance.postgresql import grouping


class Migration(grouping.Migration):
    dependencies = [("governance", "0005_backups")]

    operations = [
        migrations.RemoveConstraint("auditevent", "audit_outcome_is_known"),
        migrations.RemoveConstraint("auditevent", "audit_body_is_salted_or_erased"),
        migrations.RunSQL(
            "ALTER TABLE audit_event DROP CONSTRAINT audit_leaf_fits_its_bundle",
            "ALTER TABLE audit_event ADD CONSTRAINT audit_leaf_fits_its_bundle"
            " CHECK (octet_length(leaf_data) <= 65535) NOT VALID",
        ),
    ]
