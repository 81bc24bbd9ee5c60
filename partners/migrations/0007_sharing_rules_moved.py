"""Sharing rules stand in the catalog, under the opaque reference of their party."""

from django.db import migrations

# Numbers are kept, so that what the audit log says of a rule leads to the same one. The table of the
# version before is left in place, for a way back; a later release drops it.
MOVE = """
INSERT INTO catalog_sharingrule
    (id, party_ref, what, purpose, level, keep_days, valid_from, valid_to, agreed_by)
SELECT r.id, p.party, r.what, r.purpose, NULL, NULL, r.valid_from, r.valid_to, r.agreed_by
FROM partners_sharingrule r JOIN partners_partner p ON p.id = r.partner_id;
SELECT setval(pg_get_serial_sequence('catalog_sharingrule', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL)
FROM catalog_sharingrule;
"""
BACK = "DELETE FROM catalog_sharingrule"


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0006_vex_documents'),
        ('catalog', '0012_sharing_rules'),
    ]

    operations = [
        migrations.RunSQL(MOVE, BACK),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name='SharingRule')],
        ),
    ]
