"""Addresses of the interface for our people."""

from django.urls import path

from partners.api import findings, sboms, shipping

urlpatterns = [
    path("findings/", findings.FindingList.as_view(), name="api-findings"),
    path("sboms/<uuid:pk>/diff/", sboms.Diff.as_view(), name="api-sbom-diff"),
    path("findings/<uuid:pk>/", findings.FindingDetail.as_view(), name="api-finding"),
    path("components/", shipping.Components.as_view(), name="api-components"),
]
