"""Addresses of the portal, for partner contacts."""

from django.urls import path

from partners.web import portal, uploading

app_name = "portal"
urlpatterns = [
    path("", portal.home, name="home"),
    path("findings/", portal.listing, name="findings"),
    path("findings/<uuid:pk>/", portal.finding, name="finding"),
    path("sboms/", uploading.upload, name="upload"),
    path("intakes/<uuid:pk>/", uploading.page, name="intake"),
]
