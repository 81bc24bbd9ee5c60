"""Addresses of everything."""

from django.contrib import admin
from django.urls import include, path

from config import board, health

board.only_governed()

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.measurements, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
