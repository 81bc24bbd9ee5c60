"""Access reviews on the board: campaigns, what they asked about, and the desk of a reviewer."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from governance import access
from governance.actions import certifying, closing_reviews, reassigning
from governance.actions.certifying import Answer
from governance.board import GovernedAdmin, when, who
from governance.charts import bars
from governance.domain.access_review import Verdict
from governance.domain.narration import Named
from governance.errors import BadInput, WardroomError
from governance.models import AccessReview, AccessReviewItem, ReviewState, User
from governance.permissions import Act
from governance.queries import names, review_results, review_work, reviewers

FRAME = "admin/governance/accessreview"
SHORTENED_DAYS = 30
MOST_CHECKED = 5_000
"""Up to so many items the seal of a closed campaign is checked each time its page is shown."""


@admin.register(AccessReview)
class AccessReviewAdmin(GovernedAdmin[AccessReview]):
    """One campaign for each site and quarter, opened by schedule."""

    read_act = Act.REVIEW_READ
    list_display = ["__str__", "quarter", "progress", "due_at", "state"]
    list_filter = ["state", "quarter", "site"]
    list_select_related = ["site"]

    class Media:
        css = {"all": ["board.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessReview]:
        return (
            super()
            .get_queryset(request)
            .annotate(all=Count("items"), waiting=Count("items", filter=Q(items__verdict="")))
        )

    @admin.display(description="Decided")
    def progress(self, row: Any) -> str:
        """Return how many of its accesses are decided."""
        late = row.waiting and row.due_at < timezone.now()
        return f"{row.all - row.waiting:,} of {row.all:,}{', overdue' if late else ''}"

    def get_urls(self) -> list[URLPattern]:
        """Add the desk, and what is done to a campaign as a whole."""
        guarded = self.admin_site.admin_view
        pages = [
            path("<int:pk>/work/", guarded(self.work), name="access_review_work"),
            path("<int:pk>/close/", guarded(require_POST(self.close)), name="access_review_close"),
            path(
                "<int:pk>/result/", guarded(require_POST(self.result)), name="access_review_result"
            ),
        ]
        return [*pages, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show how far the campaign is, how it was decided, and what it was about."""
        review = self._found(request, object_id)
        by, at = who(request), when(request)
        counts = review_results.counts(review)
        paces = review_results.paces(review)
        known = names.named([one.by for one in paces] + [review.closed_by])
        lines = _with_paces(review_work.shares(review), paces, known)
        closed = review.state == ReviewState.CLOSED
        is_checked = closed and counts["items"] <= MOST_CHECKED
        return self._page(
            request,
            "campaign.html",
            review,
            title=str(review),
            counts=counts,
            decided=counts["items"] - counts["waiting"],
            chart=_picture(review, counts),
            mine=review_work.waiting_for(review, to=by, at=at).count(),
            shares=lines,
            stamps=[line for line in lines if line["pace"] and line["pace"].is_rubber_stamp],
            snapshots=[
                {**one, "taken_at": datetime.fromisoformat(one["taken_at"])}
                for one in review.snapshots
            ],
            closed_by=review.closed_by and known[review.closed_by].name,
            since=review_work.given_since(review).count(),
            unverified=review.items.filter(verdict="revoke", verified_at=None).count(),
            may_close=not closed
            and not counts["waiting"]
            and not any(one.is_rubber_stamp and one.by == by.ref for one in paces)
            and access.allows(by, Act.REVIEW_CLOSE, review, at=at),
            may_export=closed and access.allows(by, Act.REVIEW_EXPORT, review, at=at),
            check=review_results.check(review) if is_checked else None,
            entry=review_results.closing(review) if closed else None,
        )

    def work(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show one access with its evidence, or decide about it and go on to the next."""
        review = self._found(request, pk)
        by, at = who(request), when(request)
        rows = review_work.waiting_for(review, to=by, at=at)
        if request.method == "POST":
            return self._answer(request, review)
        key = request.GET.get("item", "")
        desk = review_work.desk(rows, int(key) if key.isdecimal() and len(key) < 19 else None)
        if desk is None:
            messages.info(request, "Nothing of this campaign waits for you.")
            return redirect("admin:governance_accessreview_change", review.pk)
        if desk.item.first_shown_at is None:
            certifying.show(desk.item, by=by, at=at)
        return self._desk(request, review, desk)

    def _desk(
        self, request: HttpRequest, review: AccessReview, desk: review_work.Desk, **more: Any
    ) -> HttpResponse:
        by, at = who(request), when(request)
        item = desk.item
        dossier = review_work.dossier(item)
        end = at + timedelta(days=SHORTENED_DAYS)
        if item.ends_at is not None and item.ends_at <= end:
            end = at + (item.ends_at - at) / 2
        before_by = dossier.before.decided_by if dossier.before else ""
        known = names.named([*item.given_by, before_by])
        return self._page(
            request,
            "work.html",
            review,
            title=f"Review: {item}",
            desk=desk,
            item=item,
            doubts=item.doubts(at=at),
            dossier=dossier,
            given_by=[known[one].name or one for one in item.given_by],
            before_by=before_by and (known[before_by].name or before_by),
            people=reviewers.successors(item, by=by, at=at)[:30],
            until=end.date(),
            **more,
        )

    def _answer(self, request: HttpRequest, review: AccessReview) -> HttpResponse:
        """Do what the form says; what is refused is told above the same access."""
        by, at = who(request), when(request)
        item = self._item(review, request.POST.get("item", ""))
        reason = request.POST.get("reason", "")
        word = request.POST.get("decision", "")
        try:
            if word == "reassign":
                person = _person(request.POST.get("to", ""))
                reassigning.reassign(item, to=person, by=by, at=at, reason=reason)
            else:
                certifying.decide(item, _said(word, reason, request.POST), by=by, at=at)
                messages.success(request, _told(item))
        except WardroomError as error:
            rows = review_work.waiting_for(review, to=by, at=at)
            desk = review_work.desk(rows, item.pk)
            if desk is None or desk.item.pk != item.pk:
                messages.warning(request, f"{item}: {error.detail}")
                return redirect(self._place(review, item))
            return self._desk(
                request, review, desk, problem=error.detail, said=reason, pending=word
            )
        return redirect(self._place(review, item))

    def _place(self, review: AccessReview, item: AccessReviewItem) -> str:
        return f"{reverse('admin:access_review_work', args=[review.pk])}?item={item.pk + 1}"

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Seal the campaign, then show its result."""
        review = self._found(request, pk)
        try:
            closing_reviews.close(review, by=who(request), at=when(request))
        except WardroomError as error:
            messages.error(request, error.detail)
        return redirect("admin:governance_accessreview_change", review.pk)

    def result(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the sealed result as a file; taking it out is recorded."""
        review = self._found(request, pk)
        found = closing_reviews.export(review, by=who(request), at=when(request))
        name = f"access-review-{review.site.slug}-{review.quarter}.json"
        return HttpResponse(
            json.dumps(found.as_json(), ensure_ascii=False, indent=1),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _found(self, request: HttpRequest, key: object) -> AccessReview:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(key))
        if row is None:
            raise Http404
        return row  # type: ignore[no-any-return]

    def _item(self, review: AccessReview, key: str) -> AccessReviewItem:
        if not key.isdecimal() or len(key) > 18:
            raise BadInput("item is a number", pointer="/item")
        found = review.items.select_related("review__site", "system__site", "reviewer")
        row = found.filter(pk=int(key)).first()
        if row is None:
            raise Http404
        return row

    def _page(
        self, request: HttpRequest, template: str, review: AccessReview, **more: Any
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "review": review, "at": when(request)}
        return TemplateResponse(request, f"{FRAME}/{template}", {**context, **more})


def _person(key: str) -> User:
    """Return who is chosen in the form.

    Raises:
        BadInput: nobody.
    """
    try:
        return User.objects.get(pk=UUID(key))
    except (ValueError, User.DoesNotExist):
        raise BadInput("Say who shall review it instead.", pointer="/to") from None


def _said(word: str, reason: str, form: Any) -> Answer:
    """Read the answer of the form.

    Raises:
        BadInput: no verdict, or the date cannot be read.
    """
    if word not in list(Verdict):
        raise BadInput("decision is keep, revoke, shorten or reassign", pointer="/decision")
    if word != Verdict.SHORTEN:
        return Answer(Verdict(word), reason)
    try:
        day = date.fromisoformat(form.get("until", ""))
    except ValueError:
        raise BadInput("Say the day on which it shall end.", pointer="/until") from None
    return Answer(Verdict.SHORTEN, reason, datetime.combine(day, time.max, tzinfo=UTC))


def _told(item: AccessReviewItem) -> str:
    """Say what was decided: the next access stands there already."""
    if item.new_end is not None:
        return f"Ends on {item.new_end:%b} {item.new_end.day}, {item.new_end.year}: {item}."
    return f"{'Kept' if item.verdict == Verdict.KEEP else 'Revoked'}: {item}."


def _picture(review: AccessReview, counts: dict[str, int]) -> bars.Bars:
    rows = [
        ("Kept", counts["keep"]),
        ("Shortened", counts["shorten"]),
        ("Revoked", counts["revoke"]),
        ("Waiting", counts["waiting"]),
    ]
    return bars.bars(rows, title=f"Decided so far in {review}", number=_whole)


def _whole(value: float) -> str:
    """Write a count; marks of the axis between two counts stay bare."""
    return f"{value:,.0f}" if value == int(value) else ""


def _with_paces(
    shares: list[review_work.Share], paces: list[review_results.Pace], known: Mapping[str, Named]
) -> list[dict[str, Any]]:
    """Return each reviewer with how they decided; who decided without being named follows."""
    by_ref = {one.by: one for one in paces}
    lines: list[dict[str, Any]] = [
        {"name": one.name, "waiting": one.waiting, "pace": by_ref.pop(one.ref, None)}
        for one in shares
    ]
    return lines + [
        {"name": known[one.by].name, "waiting": 0, "pace": one} for one in by_ref.values()
    ]
