"""What happened to a finding can be added to, never changed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("partners", "0001_initial"), ("governance", "0002_identities")]

    operations = [
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE, TRUNCATE ON partners_findingevent FROM wardroom_app",
            "GRANT UPDATE, DELETE ON partners_findingevent TO wardroom_app",
        )
    ]
