"""Indexes for those who read the audit log, each as cheap for those who write as can be.

* ``audit_by_scope`` leaves out what is written most: nowhere and everywhere.
* ``audit_denied`` holds refusals alone, which are few.
* ``audit_by_request`` is a summary of 128 pages each, made after they are full: a write pays
  nothing, and a request's entries stand close together.

Ranges of time need none: ids grow with time, and the first id of an instant is found by bisection.
"""

import django.contrib.postgres.indexes
from django.db import migrations, models
from django.db.models import Q

from governance.postgresql import grouping


class Migration(grouping.Migration):
    dependencies = [("governance", "0003_audit_log")]

    operations = [
        migrations.AddIndex(
            "auditevent",
            models.Index(fields=["scope", "id"], condition=~Q(scope="") & ~Q(scope="*"), name="audit_by_scope"),
        ),
        migrations.AddIndex(
            "auditevent",
            models.Index(fields=["id"], condition=Q(outcome="denied"), name="audit_denied"),
        ),
        migrations.AddIndex(
            "auditevent",
            django.contrib.postgres.indexes.BrinIndex(
                fields=["request_id"],
                name="audit_by_request",
                opclasses=["text_bloom_ops (n_distinct_per_range = 1200, false_positive_rate = 0.005)"],
                pages_per_range=128,
                autosummarize=True,
            ),
        ),
    ]
