"""What owners answered when they were asked whether an asset is theirs."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from catalog.models.asset import Asset
from governance.models import Governed, User


class Answer(models.TextChoices):
    MINE = "mine", "Mine"
    NOT_MINE = "not_mine", "Not mine"


class OwnerAnswer(Governed):
    """The last word of a person about an asset; earlier ones stand in the audit log.

    Who was named owner and says "not mine" is none for the baseline, until somebody else is
    named or the same person confirms after all.
    """

    site_path: ClassVar[str] = "asset__site_id"

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="answers")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=8, choices=Answer.choices)
    word = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ["-answered_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="mine") | (Q(answer="not_mine") & ~Q(word="")),
                name="owner_answer_is_known_and_a_no_has_a_word",
            ),
            models.UniqueConstraint(
                fields=["asset", "user"], name="owner_answer_is_the_last_of_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_answer_display()}: {self.asset}"
