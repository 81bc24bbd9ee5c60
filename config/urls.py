"""Addresses of everything."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

import config.schema  # noqa: F401 - the OpenAPI document knows our scheme once it is loaded
from config import board, health
from config.web import icon, overview, own_requests, refusals
from governance.api import (
    access_requests,
    access_reviews,
    audit,
    authzen,
    authzen_profiles,
    measures,
)
from incidents.api import signals

board.only_governed()
# A password alone must not sign in anywhere: the board's own form sends people to ours.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", overview.index, name="overview"),
    path("requests/", own_requests.index, name="own_requests"),
    path("requests/<int:pk>/", own_requests.page, name="own_request"),
    path("favicon.ico", icon.favicon, name="favicon"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.measurements, name="metrics"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/measures/", measures.Measures.as_view(), name="api-measures"),
    path(
        "api/v1/access-requests/",
        access_requests.AccessRequests.as_view(),
        name="api-access-requests",
    ),
    path(
        "api/v1/access-reviews/", access_reviews.AccessReviews.as_view(), name="api-access-reviews"
    ),
    path(
        "api/v1/access-reviews/<int:review>/items/",
        access_reviews.ReviewedAccess.as_view(),
        name="api-reviewed-access",
    ),
    path(
        "api/v1/access-reviews/<int:review>/items/<int:item>/decision",
        access_reviews.ReviewDecision.as_view(),
        name="api-review-decision",
    ),
    path(
        "api/v1/access-reviews/<int:review>/result",
        access_reviews.ReviewResult.as_view(),
        name="api-review-result",
    ),
    path("api/v1/audit/events", audit.Entries.as_view(), name="api-audit-events"),
    path(
        "api/v1/audit/receipts/<int:event_id>",
        audit.ReceiptOfAny.as_view(),
        name="api-audit-receipt",
    ),
    path(
        "portal/api/v1/audit/receipts/<int:event_id>",
        audit.OwnReceipt.as_view(),
        name="portal-api-audit-receipt",
    ),
    path(
        ".well-known/authzen-configuration",
        authzen.configuration,
        name="authzen-configuration",
    ),
    path("access/v1/evaluation", authzen.Evaluation.as_view(), name="access-evaluation"),
    path("access/v1/evaluations", authzen.Evaluations.as_view(), name="access-evaluations"),
    path("access/v1/search/subject", authzen.SubjectSearch.as_view(), name="access-subjects"),
    path("access/v1/search/resource", authzen.ResourceSearch.as_view(), name="access-resources"),
    path("access/v1/search/action", authzen.ActionSearch.as_view(), name="access-actions"),
    path("access/v1/requests", authzen_profiles.Requests.as_view(), name="access-requests"),
    path(
        "access/v1/requests/<str:handle>",
        authzen_profiles.OneRequest.as_view(),
        name="access-request",
    ),
    path("catalog/", include("catalog.urls")),
    path("api/v1/assets/", include("catalog.api.urls")),
    path("api/v1/", include("catalog.api.zone_urls")),
    path("api/v1/", include("partners.api.urls")),
    path("portal/api/v1/", include("partners.api.portal_urls")),
    path("portal/incidents/", include("incidents.portal_urls")),
    path("portal/", include("partners.portal_urls")),
    path("", include("partners.urls")),
    path("incidents/", include("incidents.urls")),
    path("api/v1/incidents/", include("incidents.api.urls")),
    path("api/v1/runbooks/", include("incidents.api.runbook_urls")),
    path("api/v1/signals/batch", signals.SignalBatch.as_view(), name="api-signals"),
    # Addresses are changed by administrators, passwords by the reset mail.
    re_path(r"^accounts/(?:email|confirm-email|login/code|password/set)/", refusals.closed),
    path("accounts/", include("allauth.urls")),
    # Passwords change on our own page, which asks for a fresh second factor.
    re_path(r"^admin/password_change/", refusals.closed),
    path("admin/", admin.site.urls),
]

handler400 = refusals.bad_request
handler403 = refusals.forbidden
handler404 = refusals.not_found
handler500 = refusals.broken
handler429 = "config.web.refusals.too_many"
