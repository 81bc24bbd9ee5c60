"""Campaigns of access reviews with grants and observed access for tests."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from governance import boundary
from governance.actions import drifting, opening_reviews
from governance.domain import actor as actors
from governance.domain.access_review import Quarter
from governance.domain.drift import Observation, ObservedGrant, source_hash
from governance.models import AccessReview, AccessReviewItem, GovernedSystem, Grant
from tests.builders.governance import NOW

SCHEDULER = actors.service("scheduler")


@transaction.atomic
def a_grant(system: GovernedSystem, principal: str = "ana", **over: Any) -> Grant:
    """Return a grant in force on ``mes.badge``, given by the shell, unless said otherwise."""
    fields = {
        "entitlement": "select",
        "scope": "mes.badge",
        "valid_from": NOW - timedelta(days=10),
        "valid_to": NOW + timedelta(days=60),
        "approved_by": "service:operator",
        "reason": "fixture",
        "origin": "baseline",
    }
    return Grant.objects.create(system=system, principal=principal, **{**fields, **over})


def look(system: GovernedSystem, *grants: ObservedGrant, at: datetime = NOW) -> None:
    """Let a look into ``system`` show ``grants``."""
    with boundary.acting(SCHEDULER, at=at):
        drifting.record(
            system, Observation(grants, True, at, source_hash(grants)), by=SCHEDULER, at=at
        )


def seen(principal: str = "ana", scope: str = "mes.badge", **over: Any) -> ObservedGrant:
    fields = {"entitlement": "select", "via": "direct"}
    return ObservedGrant(principal=principal, scope=scope, **{**fields, **over})


def a_review(system: GovernedSystem, *, at: datetime = NOW) -> AccessReview:
    """Open the campaign of the system's site."""
    with boundary.acting(SCHEDULER, at=at):
        found = opening_reviews.start(system.site, Quarter.of(at), by=SCHEDULER, at=at)
    assert found is not None
    return found


def items(review: AccessReview) -> dict[str, AccessReviewItem]:
    """Return the items of ``review`` by principal, asset group and action."""
    rows = review.items.select_related("review__site", "system__site", "reviewer", "holder")
    return {f"{row.principal} {row.asset_group} {row.action}": row for row in rows}
