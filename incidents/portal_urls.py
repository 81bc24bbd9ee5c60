"""Addresses of incidents in the portal, for partner contacts."""

from django.urls import path

from incidents.web import portal

app_name = "portal_incidents"
urlpatterns = [
    path("", portal.index, name="list"),
    path("<uuid:pk>/", portal.show, name="incident"),
    path("<uuid:pk>/answer/", portal.answer, name="incident_answer"),
]
