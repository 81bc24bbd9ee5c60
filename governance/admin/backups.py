"""Backups and their restores on the board, for reading only."""

from django.contrib import admin

from governance.board import GovernedAdmin
from governance.models import BackupAttestation
from governance.permissions import Act


@admin.register(BackupAttestation)
class BackupAttestationAdmin(GovernedAdmin[BackupAttestation]):
    read_act = Act.BACKUP_READ
    list_display = [
        "file",
        "kind",
        "result",
        "taken_at",
        "restored_at",
        "rto_seconds",
        "rpo_seconds",
        "missing_entries",
        "operator",
        "verifier",
    ]
    list_filter = ["result", "kind", "restored_at"]
    search_fields = ["file", "=sha256"]
