"""``/api/v1/access-reviews/``: campaigns, the accesses they ask about, and deciding about one."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance import access
from governance.actions import certifying, closing_reviews
from governance.actions.certifying import Answer
from governance.board import when, who
from governance.domain.access_review import Quarter, Verdict
from governance.errors import BadInput, NotFound
from governance.models import AccessReview, AccessReviewItem, ReviewState
from governance.permissions import Act

REVIEW = (
    "id", "site", "quarter", "scope_at", "snapshots", "highest_grant", "opens_at", "due_at",
    "state", "closed_at", "closed_by", "seal",
)  # fmt: skip
ITEM = (
    "id", "system", "principal", "holder", "asset_group", "action", "origin", "grants", "scopes",
    "unapproved", "given_by", "level", "via", "is_privileged", "since", "ends_at", "last_used",
    "usage_known", "peers", "peers_holding", "findings", "open_findings", "reviewer", "verdict",
    "decided_at", "decided_by", "decided_in_seconds", "is_bulk", "reason", "new_end", "lapse",
    "lapsed_at", "verified_at",
)  # fmt: skip
ANSWERS = ("waiting", "decided", "unverified")


class AccessReviewRow(serializers.ModelSerializer[AccessReview]):
    """One campaign; ``seal`` is the SHA-256 of its result once it is closed."""

    site = serializers.CharField(source="site__slug")
    items = serializers.IntegerField(source="all", help_text="How many accesses it asks about.")
    waiting = serializers.IntegerField(help_text="How many nobody has decided about.")

    class Meta:
        model = AccessReview
        fields = (*REVIEW, "items", "waiting")


class ReviewedAccessRow(serializers.ModelSerializer[AccessReviewItem]):
    """One effective access with its evidence, and what was decided about it."""

    system = serializers.CharField(source="system__slug")
    holder = serializers.UUIDField(allow_null=True)
    reviewer = serializers.UUIDField(allow_null=True)

    class Meta:
        model = AccessReviewItem
        fields = ITEM


class ReviewVerdict(serializers.Serializer[Any]):
    """What is said of an access."""

    verdict = serializers.ChoiceField(choices=[one.value for one in Verdict])
    reason = serializers.CharField(max_length=300, default="", allow_blank=True)
    new_end = serializers.DateTimeField(
        default=None, allow_null=True, help_text="When it shall end; to shorten alone."
    )


class SealedReviewFile(serializers.Serializer[Any]):
    """The sealed result: canonical text, its digest, the entry of the log, and its proof."""

    document = serializers.CharField()
    sha256 = serializers.CharField()
    entry = serializers.DictField()
    proof = serializers.CharField(allow_null=True, help_text="Null until it is witnessed.")


class AccessReviews(generics.ListAPIView[Any]):
    """Campaigns that the caller may see, newest first."""

    serializer_class = AccessReviewRow
    queryset = AccessReview.objects.none()

    def get_queryset(self) -> Any:
        query = self.request._request.GET
        rows = _reviews(self.request)
        if quarter := query.get("quarter"):
            rows = rows.filter(quarter=_quarter(quarter))
        if state := query.get("state"):
            if state not in ReviewState.values:
                raise BadInput(f"state: one of {', '.join(ReviewState.values)}", pointer="/state")
            rows = rows.filter(state=state)
        names = [name for name in REVIEW if name != "site"]
        counted = rows.annotate(
            all=Count("items"), waiting=Count("items", filter=Q(items__verdict=""))
        )
        return counted.order_by("-pk").values(*names, "site__slug", "all", "waiting")

    @extend_schema(
        operation_id="access_reviews_list",
        parameters=[
            OpenApiParameter("quarter", str, description="As in 2026-Q4."),
            OpenApiParameter("state", str, enum=list(ReviewState.values)),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List campaigns."""
        return self.list(request, *args, **kwargs)


class ReviewedAccess(generics.ListAPIView[Any]):
    """The accesses of one campaign."""

    serializer_class = ReviewedAccessRow
    queryset = AccessReviewItem.objects.none()

    def get_queryset(self) -> Any:
        rows = _items(self.request, self.kwargs["review"])
        word = self.request._request.GET.get("answer")
        if word and word not in ANSWERS:
            raise BadInput(f"answer: one of {', '.join(ANSWERS)}", pointer="/answer")
        if word == "waiting":
            rows = rows.filter(verdict="")
        elif word == "decided":
            rows = rows.exclude(verdict="")
        elif word == "unverified":
            rows = rows.filter(verdict=Verdict.REVOKE, verified_at=None)
        return rows.order_by("-pk").values(*_columns())

    @extend_schema(
        operation_id="access_reviews_items_list",
        parameters=[OpenApiParameter("answer", str, enum=list(ANSWERS))],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the accesses that a campaign asks about."""
        return self.list(request, *args, **kwargs)


class ReviewDecision(APIView):
    """Deciding about one access."""

    @extend_schema(
        operation_id="access_reviews_items_decide",
        request=ReviewVerdict,
        responses={200: ReviewedAccessRow},
    )
    def post(self, request: Request, review: int, item: int) -> Response:
        """Keep, revoke or shorten. It counts as decided in bulk, since nothing was shown here."""
        given = ReviewVerdict(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        rows = _items(request, review).select_related("review__site", "system__site", "reviewer")
        row = rows.filter(pk=item).first()
        if row is None:
            raise NotFound("There is no such access in this campaign, or none for you.")
        certifying.decide(
            row,
            Answer(Verdict(said["verdict"]), said["reason"], said["new_end"]),
            by=who(request._request),
            at=when(request._request),
            is_bulk=True,
        )
        found = AccessReviewItem.objects.filter(pk=row.pk).values(*_columns())[0]
        return Response(ReviewedAccessRow(found).data)


class ReviewResult(APIView):
    """The sealed result of a closed campaign."""

    @extend_schema(
        operation_id="access_reviews_result", request=None, responses={200: SealedReviewFile}
    )
    def post(self, request: Request, review: int) -> Response:
        """Take the sealed result out, which is recorded."""
        row = _reviews(request).select_related("site").filter(pk=review).first()
        if row is None:
            raise NotFound("There is no such campaign, or none for you.")
        by, at = who(request._request), when(request._request)
        return Response(closing_reviews.export(row, by=by, at=at).as_json())


def _reviews(request: Request) -> QuerySet[AccessReview]:
    by, at = who(request._request), when(request._request)
    return access.visible(AccessReview.objects.all(), to=by, act=Act.REVIEW_READ, at=at)


def _items(request: Request, review: int) -> QuerySet[AccessReviewItem]:
    if not _reviews(request).filter(pk=review).exists():
        raise NotFound("There is no such campaign, or none for you.")
    by, at = who(request._request), when(request._request)
    rows = AccessReviewItem.objects.filter(review=review)
    return access.visible(rows, to=by, act=Act.REVIEW_ITEM_READ, at=at)


def _columns() -> list[str]:
    return ["system__slug" if name == "system" else name for name in ITEM]


def _quarter(text: str) -> str:
    try:
        return str(Quarter.parse(text))
    except ValueError as error:
        raise BadInput(f"quarter: {error}", pointer="/quarter") from None
