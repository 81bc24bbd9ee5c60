"""Addresses below ``/api/v1/runbooks/``."""

from django.urls import path

from incidents.api import runbooks, versions

urlpatterns = [
    path("", runbooks.Runbooks.as_view(), name="api-runbooks"),
    path("<slug:slug>/", runbooks.OneRunbook.as_view(), name="api-runbook"),
    path("<slug:slug>/versions/", versions.Versions.as_view(), name="api-runbook-versions"),
    path(
        "<slug:slug>/versions/<int:number>/",
        versions.OneVersion.as_view(),
        name="api-runbook-version",
    ),
    path(
        "<slug:slug>/versions/<int:number>/document/",
        versions.VersionDocument.as_view(),
        name="api-runbook-document",
    ),
]
