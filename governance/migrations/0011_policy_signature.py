"""Published policy versions are signed by the sequencer, which alone reads the key of the log.

Rollbacks are reviewed after the fact.
"""

import django.db.models.deletion
from django.db import migrations, models

from governance.postgresql import grouping

GRANTS = """
REVOKE ALL ON audit_policy_signature FROM wardroom_app;
GRANT SELECT ON audit_policy_signature TO wardroom_app, wardroom_sequencer;
GRANT INSERT ON audit_policy_signature TO wardroom_sequencer;
GRANT USAGE, SELECT ON SEQUENCE audit_policy_signature_id_seq TO wardroom_sequencer;
GRANT SELECT ON governance_policyversion, governance_policyrule, governance_policyhead TO wardroom_sequencer;
"""
TAKEN = """
REVOKE SELECT ON governance_policyversion, governance_policyrule, governance_policyhead FROM wardroom_sequencer;
"""


class Migration(grouping.Migration):

    dependencies = [
        ("governance", "0010_policy_obligations"),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicySignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("note", models.TextField()),
                ("at", models.DateTimeField()),
                ("version", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="signature", to="governance.policyversion")),
            ],
            options={"db_table": "audit_policy_signature"},
        ),
        migrations.CreateModel(
            name="PolicyReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("by", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300, verbose_name="what was found")),
                ("version", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="review", to="governance.policyversion")),
            ],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="policy_review_says_what_it_found")]},
        ),
        migrations.RunSQL(GRANTS, TAKEN),
    ]
