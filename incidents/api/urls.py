"""Addresses of the interfaces."""

from django.urls import path

from incidents.api import (
    approvals,
    breaches,
    cards,
    debriefs,
    evidence,
    incidents,
    learning,
    milestones,
    roles,
    runs,
    sharing,
    timeline,
    waivers,
)

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
    path("<str:reference>/runs/", runs.Runs.as_view(), name="api-incident-runs"),
    path("<str:reference>/runs/<int:key>/", runs.OneRun.as_view(), name="api-incident-run"),
    path("<str:reference>/cards/", cards.Cards.as_view(), name="api-incident-cards"),
    path("<str:reference>/cards/<int:key>/", cards.OneCard.as_view(), name="api-incident-card"),
    path(
        "<str:reference>/approvals/", approvals.Approvals.as_view(), name="api-incident-approvals"
    ),
    path(
        "<str:reference>/approvals/<int:key>/",
        approvals.OneApproval.as_view(),
        name="api-incident-approval",
    ),
    path("<str:reference>/roles/", roles.Roles.as_view(), name="api-incident-roles"),
    path("<str:reference>/sharing/", sharing.Sharing.as_view(), name="api-incident-sharing"),
    path("<str:reference>/waivers/", waivers.Waivers.as_view(), name="api-incident-waivers"),
    path(
        "<str:reference>/waivers/<int:key>/",
        waivers.OneWaiver.as_view(),
        name="api-incident-waiver",
    ),
    path("<str:reference>/debrief/", debriefs.OneDebrief.as_view(), name="api-incident-debrief"),
    path(
        "<str:reference>/milestones/",
        milestones.Milestones.as_view(),
        name="api-incident-milestones",
    ),
]
