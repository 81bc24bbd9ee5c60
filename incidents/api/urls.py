"""Addresses of the interfaces."""

from django.urls import path

from incidents.api import breaches, evidence, incidents, learning, timeline

urlpatterns = [
    path("", incidents.Incidents.as_view(), name="api-incidents"),
    path("<str:reference>/", incidents.OneIncident.as_view(), name="api-incident"),
    path(
        "<str:reference>/breach-decisions/",
        breaches.Decisions.as_view(),
        name="api-incident-breach",
    ),
    path("<str:reference>/notices/", breaches.Notices.as_view(), name="api-incident-notices"),
    path(
        "<str:reference>/notices/<int:key>/",
        breaches.OneNotice.as_view(),
        name="api-incident-notice",
    ),
    path("<str:reference>/evidence/", evidence.Evidence.as_view(), name="api-incident-evidence"),
    path(
        "<str:reference>/evidence/<int:number>/",
        evidence.OneEvidence.as_view(),
        name="api-incident-evidence-item",
    ),
    path("<str:reference>/timeline/", timeline.Timeline.as_view(), name="api-incident-timeline"),
    path("<str:reference>/gates/", learning.Gates.as_view(), name="api-incident-gates"),
    path("<str:reference>/actions/", learning.Actions.as_view(), name="api-incident-actions"),
    path(
        "<str:reference>/actions/<int:number>/",
        learning.OneAction.as_view(),
        name="api-incident-action",
    ),
]
