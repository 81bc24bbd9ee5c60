"""Run by ``test_demo`` within the demonstration: its unapproved access is really taken away."""

import json

from django.utils import timezone

from governance import boundary
from governance.actions import revoking
from governance.domain.actor import Actor
from governance.models import DriftFinding, User

AT = timezone.now()


def actor(name: str) -> Actor:
    return User.objects.get(name__startswith=name).as_actor()


found = list(DriftFinding.objects.lasting().filter(kind="unapproved"))
with boundary.acting(actor("Luis"), at=AT):
    plan = revoking.draft(found, reason="nobody knows why", by=actor("Luis"), at=AT)
with boundary.acting(actor("Mary"), at=AT):
    revoking.approve(plan, by=actor("Mary"), at=AT)
    outcome = revoking.apply(plan, by=actor("Mary"), at=timezone.now())
left = DriftFinding.objects.lasting().filter(kind="unapproved")
print(json.dumps({"closed": outcome.closed, "left": left.count()}))
