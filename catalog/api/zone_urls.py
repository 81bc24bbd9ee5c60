"""Addresses of the interfaces of coverage, zones, conduits and flows."""

from django.urls import path

from catalog.api import coverage, flows, zones

urlpatterns = [
    path("coverage/", coverage.CoverageView.as_view(), name="api-coverage"),
    path("zones/", zones.ZoneList.as_view(), name="api-zones"),
    path("zones/findings/", zones.ZoneFindings.as_view(), name="api-zone-findings"),
    path("conduits/", zones.ConduitList.as_view(), name="api-conduits"),
    path("flows/", flows.Flows.as_view(), name="api-flows"),
    path("flows/observations/", flows.FlowObservations.as_view(), name="api-flow-observations"),
]
