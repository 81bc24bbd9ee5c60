"""Addresses of the partners app for our people."""

from django.urls import path

from partners.web import findings, partners, sboms

app_name = "partners"
urlpatterns = [
    path("findings/", findings.listing, name="findings"),
    path("findings/<uuid:pk>/", findings.page, name="finding"),
    path("sboms/<uuid:pk>/", sboms.page, name="sbom"),
    path("sboms/<uuid:pk>/cyclonedx.json", sboms.file, name="sbom_file"),
    path("partners/", partners.listing, name="list"),
    path("partners/<slug:slug>/", partners.page, name="partner"),
]
