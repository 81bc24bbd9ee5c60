"""Addresses of the interfaces."""

from django.urls import path

from incidents.api import incidents

urlpatterns = [
    path("", incidents.Incidents.as_view(), name="api-incidents"),
    path("<str:reference>/", incidents.OneIncident.as_view(), name="api-incident"),
]
