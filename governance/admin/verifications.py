"""Verifications of the audit log on the board: the figure, and every entry that failed."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from governance.board import GovernedAdmin
from governance.domain.integrity import Rule
from governance.models import AuditVerification
from governance.permissions import Act

MEANING = {
    Rule.LEAF: "columns or body differ from the sealed bytes",
    Rule.TREE: "the tree differs from a signed head",
    Rule.SIGNATURE: "a signature does not hold",
    Rule.ORDER: "numbers have gaps or repeat",
    Rule.WITNESSED: "not witnessed within 60 s",
    Rule.COMPLETE: "who, what, when or where is missing",
    Rule.TIME: "the time does not fit the witnessed heads",
    Rule.ROW: "a row or a trigger is not as the log says",
}


@admin.register(AuditVerification)
class AuditVerificationAdmin(GovernedAdmin[AuditVerification]):
    read_act = Act.VERIFICATION_READ
    list_display = ["at", "share", "verified", "expected", "failed", "witnessed_size", "reach"]
    list_filter = ["is_full"]
    fields = ["at", "share", "verified", "expected", "size", "root_hash", "witnessed_size"]
    fields += ["reach", "full_at", "seconds", "failed", "failing_entries"]
    readonly_fields = ["share", "reach", "root_hash", "failed", "failing_entries"]

    @admin.display(description="integrity")
    def share(self, row: AuditVerification) -> str:
        if row.integrity is None:
            return "No data yet"
        # Rounding must not turn a failure into 100 %.
        return "100 %" if row.verified == row.expected else f"{min(row.integrity, 99.9999):.4f} %"

    @admin.display(description="checked")
    def reach(self, row: AuditVerification) -> str:
        return "all of it" if row.is_full else "what was new"

    @admin.display(description="failed rules")
    def failed(self, row: AuditVerification) -> str:
        lines = [f"{rule}: {count}, {MEANING[Rule(rule)]}" for rule, count in row.classes.items()]
        return "; ".join(lines) or "none"

    @admin.display(description="root")
    def root_hash(self, row: AuditVerification) -> str:
        return bytes(row.root).hex()

    @admin.display(description="failing entries")
    def failing_entries(self, row: AuditVerification) -> SafeString | str:
        """List the first of them, each with a link to its event where there is one."""
        if not row.failures:
            return "none"
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    one["rule"],
                    "" if one["seq"] is None else one["seq"],
                    _event(one["event_id"]),
                    one["detail"],
                )
                for one in row.failures
            ),
        )
        head = mark_safe("<tr><th>Rule</th><th>Entry</th><th>Event</th><th>What</th></tr>")
        return format_html("<table>{}{}</table>", head, rows)


def _event(event_id: int | None) -> SafeString | str:
    if event_id is None:
        return ""
    return format_html(
        '<a href="{}">{}</a>',
        reverse("admin:governance_auditevent_change", args=[event_id]),
        event_id,
    )
