"""Runbooks and their versions. The document of a version is kept byte for byte."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from governance.models import Governed
from incidents.domain.runbooks import VersionState

STATES = [(one.value, one.value.capitalize()) for one in VersionState]


class Runbook(Governed):
    """One runbook of the enterprise, whatever its versions; ``playbook_id`` is CACAO's.

    The owner reviews it every quarter; the clock starts when it comes in.
    """

    slug = models.SlugField(max_length=64, unique=True)
    playbook_id = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=160)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_runbooks",
    )
    reviewed_at = models.DateTimeField()
    reviewed_by = models.CharField(max_length=120)
    review_note = models.TextField(blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="runbook_has_a_name"),
            models.CheckConstraint(
                condition=Q(playbook_id__startswith="playbook--"), name="runbook_is_a_playbook"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RunbookVersion(Governed):
    """One version: its bytes as they came, never changed.

    At most one is approved: the next one retires it. Who brought it in does not approve it.
    """

    runbook = models.ForeignKey(Runbook, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    change = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=STATES, default=VersionState.DRAFT.value)
    written_by = models.CharField(max_length=120)
    written_at = models.DateTimeField()
    approved_by = models.CharField(max_length=120, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.CharField(max_length=120, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["runbook", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["runbook", "number"], name="runbook_version_number_is_given_once"
            ),
            models.UniqueConstraint(
                fields=["runbook", "sha256"], name="runbook_version_comes_in_once"
            ),
            models.UniqueConstraint(
                fields=["runbook"],
                condition=Q(state="approved"),
                name="runbook_has_one_approved_version",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="runbook_version_numbers_begin_at_one"
            ),
            models.CheckConstraint(
                condition=Q(approved_by="", approved_at=None)
                | (Q(approved_at__isnull=False) & ~Q(approved_by="")),
                name="runbook_version_approval_has_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(approved_by=F("written_by")),
                name="runbook_version_is_approved_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", approved_at=None, retired_at=None, retired_by="")
                | Q(state="approved", approved_at__isnull=False, retired_at=None, retired_by="")
                | (Q(state="retired", retired_at__isnull=False) & ~Q(retired_by="")),
                name="runbook_version_state_has_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.runbook} v{self.number}"
