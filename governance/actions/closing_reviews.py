"""Closing a campaign: its result is sealed in the audit log, and can be taken out of the house."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from governance import audit, notices
from governance.access import require
from governance.domain import sealed_review
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import AccessReview, AccessReviewItem, ReviewState
from governance.permissions import Act
from governance.queries import review_results


class StillOpen(Refused):
    """Some accesses of the campaign wait for a decision."""

    code = "review_still_open"


class RubberStamped(Refused):
    """Whoever kept access without a look does not seal it too."""

    code = "rubber_stamped"


@dataclass(frozen=True, slots=True)
class Export:
    """A sealed result. ``proof`` is None until enough witnesses have signed a head over it."""

    document: str
    sha256: str
    event: int
    leaf_data: bytes
    salt: bytes | None
    body: str | None
    proof: str | None

    def as_json(self) -> dict[str, Any]:
        """Return what the file says: see ``docs/access-reviews.md``."""
        return {
            "document": self.document,
            "sha256": self.sha256,
            "entry": {
                "event": self.event,
                "leaf_data": self.leaf_data.hex(),
                "salt": self.salt.hex() if self.salt is not None else None,
                "body": self.body,
            },
            "proof": self.proof,
        }


@transaction.atomic
def close(review: AccessReview, *, by: Actor, at: datetime) -> AccessReview:
    """Seal the result: all items, their evidence and the counts, as one digest in the log.

    Raises:
        NotAllowed: ``by`` may not close reviews here.
        StillOpen: some accesses wait for a decision.
        RubberStamped: ``by`` decided in it without a look; somebody else closes it.
        Conflict: it is closed.
    """
    require(by, Act.REVIEW_CLOSE, review, at=at)
    review = AccessReview.objects.select_for_update(of=("self",)).get(pk=review.pk)
    if review.state != ReviewState.OPEN:
        raise Conflict(f"{review} is closed")
    waiting = AccessReviewItem.objects.waiting().filter(review=review).count()
    if waiting:
        raise StillOpen(f"{waiting:,} accesses wait for a decision.")
    stamps = [one.by for one in review_results.paces(review) if one.is_rubber_stamp]
    if by.ref in stamps:
        raise RubberStamped(
            "You kept 20 in a row in less than 3 s each: somebody else closes this review."
        )
    document = review_results.document(review)
    seal = sealed_review.seal(document)
    counts = review_results.counts(review)
    AccessReview.objects.filter(pk=review.pk, state=ReviewState.OPEN).update(
        state=ReviewState.CLOSED, closed_at=at, closed_by=by.ref, seal=seal, counts=counts
    )
    review.refresh_from_db()
    audit.record(
        by=by, act=Act.REVIEW_CLOSE, ref=review.ref, at=at, quarter=review.quarter, sha256=seal,
        counts=counts, rubber_stamps=stamps or None,
    )  # fmt: skip
    notices.send(
        to=notices.holders("board_member", site=review.site, at=at),
        subject=f"Closed and sealed: {review}"[:160],
        text=_summary(counts, stamps),
        ref=review.ref,
        key=f"access_review_closed:{review.pk}",
        at=at,
    )
    return review


@transaction.atomic
def export(review: AccessReview, *, by: Actor, at: datetime) -> Export:
    """Return the sealed result with the entry of the log that seals it, and its proof.

    What changed since it was closed is given as it is now: whoever checks shall see that.

    Raises:
        NotAllowed: ``by`` may not take results out.
        Conflict: it is open.
        Unavailable: what is stored of the log does not prove the entry.
    """
    require(by, Act.REVIEW_EXPORT, review, at=at)
    entry = review_results.closing(review)
    if review.state != ReviewState.CLOSED or entry is None:
        raise Conflict(f"{review} is open: close it first")
    audit.record(by=by, act=Act.REVIEW_EXPORT, ref=review.ref, at=at, sha256=review.seal)
    return Export(
        document=review_results.document(review),
        sha256=review.seal,
        event=entry.pk,
        leaf_data=bytes(entry.leaf_data),
        salt=bytes(entry.salt) if entry.salt is not None else None,
        body=entry.body,
        proof=review_results.proof(review),
    )


def _summary(counts: dict[str, int], stamps: list[str]) -> str:
    text = (
        f"{counts['items']:,} accesses: {counts['keep']:,} kept, {counts['shorten']:,} shortened,"
        f" {counts['revoke']:,} revoked."
    )
    return f"{text} Kept without a look: by {len(stamps)} reviewers." if stamps else text
