"""Tokens: where a run stands in its document; parallel branches have one each."""

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.domain.engine.state import ROOT
from incidents.domain.engine.states import TokenState
from incidents.models.run import Run

STATES = [(one.value, one.value) for one in TokenState]


class Token(Governed):
    """One token; ``path`` says from which step, visit and branch it came, ``0`` is the root."""

    site_path = "run__incident__site_id"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="tokens")
    path = models.CharField(max_length=400)
    step_id = models.CharField(max_length=80)
    owner = models.ForeignKey(
        "incidents.StepRun", on_delete=models.CASCADE, null=True, related_name="branches"
    )
    state = models.CharField(max_length=7, choices=STATES, default=TokenState.LIVE.value)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "path"], name="token_path_is_taken_once"),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in TokenState]),
                name="token_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(path=ROOT, owner=None) | (~Q(path=ROOT) & Q(owner__isnull=False)),
                name="token_has_an_owner_unless_root",
            ),
        ]

    def __str__(self) -> str:
        return self.path
