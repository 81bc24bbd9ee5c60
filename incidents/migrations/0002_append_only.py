"""Milestones and timeline entries are added and never changed or removed by the application."""

from django.db import migrations

KEEP = """
REVOKE UPDATE, DELETE, TRUNCATE ON incidents_milestoneentry, incidents_timelineentry FROM wardroom_app;
"""
GIVE_BACK = """
GRANT UPDATE, DELETE ON incidents_milestoneentry, incidents_timelineentry TO wardroom_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0001_initial"),
        ("governance", "0002_identities"),
    ]

    operations = [migrations.RunSQL(KEEP, GIVE_BACK)]
