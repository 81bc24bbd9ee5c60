"""Addresses of the interface for our people."""

from django.urls import path

from partners.api import findings

urlpatterns = [
    path("findings/", findings.FindingList.as_view(), name="api-findings"),
    path("findings/<uuid:pk>/", findings.FindingDetail.as_view(), name="api-finding"),
]
