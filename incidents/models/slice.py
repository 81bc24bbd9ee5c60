"""What a partner sees of an incident: copies made for it, never the rows of ours."""

import uuid

from django.db import models
from django.db.models import Q

from governance.models import Governed
from incidents.domain.tlp import Tlp

SHARED = [one.value for one in Tlp if one.leaves_the_house]


class PartnerSlice(Governed):
    """One incident as one partner knows it. ``incident`` is its reference, not a key to ours.

    The portal's role may read this table and the next, of its own party alone, and none of the
    others: what was not copied here cannot be shown by a query that forgets.
    """

    party_path = "party"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.CharField(max_length=120)
    incident = models.CharField(max_length=24)
    title = models.CharField(max_length=160)
    phase = models.CharField(max_length=10)
    contact = models.CharField(max_length=254, blank=True)
    opened_by = models.CharField(max_length=120)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["party", "incident"], name="slice_is_opened_once"),
            models.CheckConstraint(condition=~Q(title=""), name="slice_has_a_title"),
        ]

    def __str__(self) -> str:
        return f"{self.incident} for {self.party}"


class PartnerEntry(Governed):
    """One line for one partner, in words chosen for it; added to and never changed."""

    party_path = "party"

    party = models.CharField(max_length=120)
    slice = models.ForeignKey(PartnerSlice, on_delete=models.PROTECT, related_name="entries")
    cursor = models.UUIDField(unique=True, editable=False)
    starts_at = models.DateTimeField()
    text = models.TextField()
    tlp = models.CharField(max_length=12, choices=[(one, one) for one in SHARED])
    is_theirs = models.BooleanField(default=False)
    shared_by = models.CharField(max_length=120)
    shared_at = models.DateTimeField()

    class Meta:
        ordering = ["-starts_at", "-id"]
        indexes = [models.Index(fields=["slice", "-starts_at", "-id"], name="partner_entry_order")]
        constraints = [
            models.CheckConstraint(condition=Q(tlp__in=SHARED), name="partner_entry_may_leave"),
            models.CheckConstraint(condition=~Q(text=""), name="partner_entry_says_something"),
        ]

    def __str__(self) -> str:
        return self.text[:60]
