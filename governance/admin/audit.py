"""The audit log and the decisions on the board, for reading only."""

from django.contrib import admin

from governance.board import GovernedAdmin
from governance.models import AuditEvent, DecisionLog
from governance.permissions import Act


@admin.register(AuditEvent)
class AuditEventAdmin(GovernedAdmin[AuditEvent]):
    read_act = Act.AUDIT_READ
    list_display = ["recorded_at", "actor", "act", "object", "outcome", "request_id"]
    list_filter = ["outcome", "act"]
    search_fields = ["=actor", "=object", "=request_id"]


@admin.register(DecisionLog)
class DecisionLogAdmin(GovernedAdmin[DecisionLog]):
    read_act = Act.DECISION_READ
    list_display = ["at", "subject", "act", "resource", "allow", "reason", "rule"]
    list_filter = ["allow", "reason", "act"]
    search_fields = ["=subject", "=resource"]
