"""Addresses of the portal, for partner contacts."""

from django.urls import path

from partners.web import portal, sboms, uploading

app_name = "portal"
urlpatterns = [
    path("", portal.home, name="home"),
    path("findings/", portal.listing, name="findings"),
    path("findings/<uuid:pk>/", portal.finding, name="finding"),
    path("findings/<uuid:pk>/answer/", portal.give_answer, name="give_answer"),
    path("findings/<uuid:pk>/waiver/", portal.ask_waiver, name="ask_waiver"),
    path("sboms/", uploading.upload, name="upload"),
    path("sboms/<uuid:pk>/", sboms.own_page, name="sbom"),
    path("sboms/<uuid:pk>/cyclonedx.json", sboms.own_file, name="sbom_file"),
    path("intakes/<uuid:pk>/", uploading.page, name="intake"),
]
