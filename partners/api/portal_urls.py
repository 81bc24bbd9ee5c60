"""Addresses of the interface for partner contacts."""

from django.urls import path

from partners.api import findings, intakes, requests, sboms, statements, vex, webhooks

urlpatterns = [
    path("findings/", findings.OwnFindingList.as_view(), name="portal-api-findings"),
    path("findings/<uuid:pk>/", findings.OwnFindingDetail.as_view(), name="portal-api-finding"),
    path(
        "findings/<uuid:pk>/statements/",
        statements.Statements.as_view(),
        name="portal-api-finding-statements",
    ),
    path("sboms/", intakes.Upload.as_view(), name="portal-api-sboms"),
    path("sboms/<uuid:pk>/diff/", sboms.OwnDiff.as_view(), name="portal-api-sbom-diff"),
    path("vex/", vex.Upload.as_view(), name="portal-api-vex"),
    path("vex/<uuid:pk>/", vex.VexDetail.as_view(), name="portal-api-vex-document"),
    path(
        "vex/<uuid:pk>/statements/",
        vex.VexStatements.as_view(),
        name="portal-api-vex-statements",
    ),
    path("webhooks/", webhooks.Webhooks.as_view(), name="portal-api-webhooks"),
    path("webhooks/<uuid:pk>/", webhooks.WebhookDetail.as_view(), name="portal-api-webhook"),
    path(
        "webhooks/<uuid:pk>/rotate/",
        webhooks.Rotation.as_view(),
        name="portal-api-webhook-rotate",
    ),
    path(
        "webhooks/<uuid:pk>/test/",
        webhooks.TestDelivery.as_view(),
        name="portal-api-webhook-test",
    ),
    path(
        "webhooks/<uuid:pk>/deliveries/",
        webhooks.Deliveries.as_view(),
        name="portal-api-webhook-deliveries",
    ),
    path("requests/", requests.Requests.as_view(), name="portal-api-requests"),
    path("requests/<uuid:pk>/decline/", requests.Decline.as_view(), name="portal-api-decline"),
    path("intakes/<uuid:pk>/", intakes.IntakeDetail.as_view(), name="portal-api-intake"),
]
