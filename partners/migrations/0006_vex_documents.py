"""VEX documents are read by a job, and each of their statements is kept with its outcome."""

import django.db.models.deletion
from django.db import migrations, models

from governance.postgresql import grouping


# What could not be used stood in the document's row; it becomes statements. The column stays, filled
# by the database, for workers of the release before; a later release drops it.
MOVE = """
UPDATE partners_answerdocument SET finished_at = received_at;
INSERT INTO partners_vexstatement (document_id, place, name, subject, status, became, reason)
SELECT d.id, left(one ->> 'place', 200), '', '', '', 'unusable',
       coalesce(nullif(left(one ->> 'reason', 400), ''), 'It could not be used.')
FROM partners_answerdocument d, jsonb_array_elements(d.skipped) one;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE partners_answerdocument ALTER skipped SET DEFAULT '[]';
"""


class Migration(grouping.Migration):

    dependencies = [
        ('partners', '0005_portal'),
    ]

    operations = [
        migrations.AddField(
            model_name='answerdocument',
            name='file',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='answerdocument',
            name='finished_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='answerdocument',
            name='outcome',
            field=models.CharField(choices=[('pending', 'Being read'), ('taken', 'Taken'), ('rejected', 'Refused')], db_default='taken', default='pending', max_length=8),
        ),
        migrations.AddField(
            model_name='answerdocument',
            name='problems',
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name='answerdocument',
            name='problems_count',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='answerdocument',
            name='size',
            field=models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='bytes'),
        ),
        migrations.AddField(
            model_name='answerdocument',
            name='stored_as',
            field=models.CharField(blank=True, db_default='', max_length=40),
        ),
        migrations.AlterField(
            model_name='answerdocument',
            name='format',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.CreateModel(
            name='VexStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=200, verbose_name='place in the document')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='vulnerability')),
                ('subject', models.CharField(blank=True, max_length=500, verbose_name='component')),
                ('status', models.CharField(blank=True, max_length=20)),
                ('became', models.CharField(choices=[('claimed', 'Became claims'), ('unresolved', 'Names no component that we know'), ('unusable', 'Cannot be used')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=400)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='partners.answerdocument')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('became', 'claimed'), ('reason', '')), models.Q(('became__in', ['unresolved', 'unusable']), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='vex_statement_without_claims_says_why'),
                ],
            },
        ),
        migrations.AddField(
            model_name='answer',
            name='statement',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='partners.vexstatement'),
        ),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name='answerdocument', name='skipped')],
        ),
        migrations.AddConstraint(
            model_name='answerdocument',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('outcome', 'pending')), models.Q(('finished_at__isnull', False), ('outcome__in', ['taken', 'rejected'])), _connector='OR'), name='answer_document_finishes_with_an_outcome'),
        ),
    ]
