"""Addresses of the partners app for our people."""

from django.urls import path

from partners.web import findings, partners

app_name = "partners"
urlpatterns = [
    path("findings/", findings.listing, name="findings"),
    path("findings/<uuid:pk>/", findings.page, name="finding"),
    path("partners/", partners.listing, name="list"),
    path("partners/<slug:slug>/", partners.page, name="partner"),
]
