"""The result of a review, written out of its rows, and whether it is the one that was sealed."""

from dataclasses import dataclass
from itertools import groupby
from statistics import median

from governance.domain import access_review, sealed_review
from governance.models import AccessReview, AccessReviewItem, AuditEvent
from governance.permissions import Act
from governance.queries import receipts

EVIDENCE = (
    "id", "system__slug", "principal", "holder", "asset_group", "action", "origin", "grants",
    "scopes", "unapproved", "given_by", "level", "via", "is_privileged", "since", "ends_at",
    "last_used", "usage_known", "peers", "peers_holding", "findings", "open_findings",
)  # fmt: skip
DECISION = (
    "reviewer", "first_shown_at", "verdict", "decided_at", "decided_by", "decided_in_seconds",
    "is_bulk", "reason", "new_end", "lapse", "lapsed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pace:
    """How one reviewer decided."""

    by: str
    decided: int
    kept: int
    in_bulk: int
    median_seconds: float
    is_rubber_stamp: bool

    @property
    def bulk_share(self) -> float | None:
        """Return the share decided in bulk, in percent."""
        return access_review.share(self.in_bulk, self.decided)


@dataclass(frozen=True, slots=True)
class Check:
    """Whether the rows of a closed review still give its seal, and the log holds the same."""

    seal: str
    logged: str
    computed: str

    @property
    def is_sound(self) -> bool:
        """Return whether all three are one."""
        return bool(self.seal) and self.seal == self.logged == self.computed


def document(review: AccessReview) -> str:
    """Return the canonical text of ``review`` as its rows stand now."""
    items = AccessReviewItem.objects.filter(review=review).order_by("pk")
    head = {
        "ref": review.ref,
        "site": review.site.slug,
        "quarter": review.quarter,
        "scope_at": review.scope_at,
        "snapshots": review.snapshots,
        "highest_grant": review.highest_grant,
        "opens_at": review.opens_at,
        "due_at": review.due_at,
        "rubber_stamps": [one.by for one in paces(review) if one.is_rubber_stamp],
    }
    return sealed_review.text(head, list(items.values(*EVIDENCE, *DECISION)))


def counts(review: AccessReview) -> dict[str, int]:
    """Return how many items of ``review`` came out how, as its document says it."""
    rows = AccessReviewItem.objects.filter(review=review)
    return sealed_review.counts(list(rows.values("verdict", "lapse", "is_bulk", "unapproved")))


def check(review: AccessReview) -> Check:
    """Compare the seal of ``review``, the log's entry, and what the rows give now."""
    entry = closing(review)
    logged = str((entry.facts if entry else {}).get("sha256") or "")
    return Check(review.seal, logged, sealed_review.seal(document(review)))


def closing(review: AccessReview) -> AuditEvent | None:
    """Return the entry of the log that seals ``review``; None while it is open."""
    rows = AuditEvent.objects.filter(act=Act.REVIEW_CLOSE, object=review.ref, outcome="ok")
    return rows.order_by("-pk").first()


def proof(review: AccessReview) -> str | None:
    """Return the ``.tlog-proof`` of the entry that seals ``review``; None before it is witnessed.

    Raises:
        Unavailable: what is stored does not prove it.
    """
    entry = closing(review)
    return receipts.proof(entry) if entry else None


def paces(review: AccessReview) -> list[Pace]:
    """Return how each person decided, whoever decided most on top."""
    rows = (
        AccessReviewItem.objects.filter(review=review, decided_by__startswith="user:")
        .order_by("decided_by", "decided_at", "pk")
        .values_list("decided_by", "verdict", "decided_in_seconds", "is_bulk")
    )
    found = [_pace(by, list(several)) for by, several in groupby(rows, key=lambda row: row[0])]
    return sorted(found, key=lambda one: (-one.decided, one.by))


def _pace(by: str, rows: list[tuple[str, str, float | None, bool]]) -> Pace:
    seconds = [taken or 0.0 for _, _, taken, _ in rows]
    decisions = [(verdict, taken or 0.0) for _, verdict, taken, _ in rows]
    return Pace(
        by=by,
        decided=len(rows),
        kept=sum(verdict == access_review.Verdict.KEEP for verdict, _ in decisions),
        in_bulk=sum(is_bulk for *_, is_bulk in rows),
        median_seconds=median(seconds),
        is_rubber_stamp=access_review.is_rubber_stamp(decisions),
    )
