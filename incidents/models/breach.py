"""Decisions whether an incident is a breach, each kept for good with the facts it rests on."""

from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from incidents.domain.breaches import Verdict
from incidents.models.incident import Incident

VERDICTS = [(one.value, one.value.replace("_", " ")) for one in Verdict]


class BreachDecision(Governed):
    """One decision. The application may add decisions and never change or remove one.

    ``proposed`` is what the rules of ``rules_version`` said of ``facts`` by ``rule``; another
    verdict needs a reason.
    """

    site_path = "incident__site_id"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="decisions")
    seq = models.PositiveSmallIntegerField()
    facts = models.JSONField()
    proposed = models.CharField(max_length=20, choices=VERDICTS)
    rule = models.CharField(max_length=64)
    article = models.CharField(max_length=200)
    rules_version = models.CharField(max_length=40)
    rules_sha256 = models.CharField(max_length=64)
    verdict = models.CharField(max_length=20, choices=VERDICTS)
    reason = models.TextField(blank=True)
    decided_by = models.CharField(max_length=120)
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["incident", "-seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "seq"], name="breach_decision_is_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=[one.value for one in Verdict]),
                name="breach_verdict_is_known",
            ),
            models.CheckConstraint(
                condition=Q(verdict=F("proposed")) | ~Q(reason=""),
                name="breach_against_the_rules_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} ({self.rules_version})"
