"""A webhook's secret is rotated; the one before signs on for a time."""

from django.db import migrations, models

from governance.postgresql import grouping


class Migration(grouping.Migration):

    dependencies = [
        ('partners', '0007_sharing_rules_moved'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhook',
            name='previous_secret',
            field=models.TextField(blank=True, db_default='', default='', editable=False),
        ),
        migrations.AddField(
            model_name='webhook',
            name='previous_until',
            field=models.DateTimeField(null=True, verbose_name='secret before signs until'),
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('previous_secret', ''), ('previous_until', None)), models.Q(models.Q(('previous_secret', ''), _negated=True), ('previous_until__isnull', False)), _connector='OR'), name='webhook_secret_before_has_an_end'),
        ),
    ]
