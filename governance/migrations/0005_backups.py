"""What is known of each backup. Its rows only come in."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0004_audit_search'),
    ]

    operations = [
        migrations.CreateModel(
            name='BackupAttestation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('backup', 'Backup'), ('restore', 'Restore'), ('dr_test', 'Recovery test')], max_length=8)),
                ('file', models.CharField(max_length=500)),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256')),
                ('taken_at', models.DateTimeField(null=True)),
                ('restored_at', models.DateTimeField(null=True)),
                ('operator', models.CharField(max_length=120, verbose_name='made by')),
                ('verifier', models.CharField(blank=True, max_length=120, verbose_name='checked by')),
                ('result', models.CharField(choices=[('made', 'Made'), ('valid', 'Valid'), ('failed', 'Failed'), ('incomplete', 'Incomplete')], max_length=10)),
                ('rto_seconds', models.FloatField(help_text='From an empty cluster to a verified database.', null=True, verbose_name='RTO, s')),
                ('rpo_seconds', models.FloatField(help_text='How much of the past is missing; 0 if nothing is.', null=True, verbose_name='RPO, s')),
                ('missing_entries', models.BigIntegerField(help_text='Entries that a witness outside saw and the backup lacks.', null=True)),
                ('details', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['backup', 'restore', 'dr_test'])), name='backup_kind_is_known'), models.CheckConstraint(condition=models.Q(('result__in', ['made', 'valid', 'failed', 'incomplete'])), name='backup_result_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'backup'), ('restored_at', None), ('result', 'made'), ('verifier', '')), models.Q(models.Q(('kind', 'backup'), _negated=True), models.Q(('result', 'made'), _negated=True), ('restored_at__isnull', False), models.Q(('verifier', ''), _negated=True)), _connector='OR'), name='backup_only_a_restore_is_judged'), models.CheckConstraint(condition=models.Q(('verifier', models.F('operator')), _negated=True), name='backup_verifier_is_not_operator'), models.CheckConstraint(condition=models.Q(('taken_at', None), ('restored_at', None), ('restored_at__gte', models.F('taken_at')), _connector='OR'), name='backup_is_restored_after_it_was_taken'), models.CheckConstraint(condition=models.Q(models.Q(('result', 'valid'), _negated=True), models.Q(('missing_entries__isnull', False), ('rpo_seconds__isnull', False), ('rto_seconds__isnull', False), ('taken_at__isnull', False), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='backup_valid_has_its_figures'), models.CheckConstraint(condition=models.Q(models.Q(('rto_seconds', None), ('rto_seconds__gte', 0), _connector='OR'), models.Q(('rpo_seconds', None), ('rpo_seconds__gte', 0), _connector='OR'), models.Q(('missing_entries', None), ('missing_entries__gte', 0), _connector='OR')), name='backup_figures_are_not_negative')],
            },
        ),
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE, TRUNCATE ON governance_backupattestation FROM wardroom_app",
            "GRANT UPDATE, DELETE ON governance_backupattestation TO wardroom_app",
        ),
    ]
