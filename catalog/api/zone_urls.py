"""Addresses of the interfaces beside that of assets."""

from django.urls import path

from catalog.api import contracts, coverage, events, flows, glossary, taxonomy, zones

urlpatterns = [
    path("coverage/", coverage.CoverageView.as_view(), name="api-coverage"),
    path("zones/", zones.ZoneList.as_view(), name="api-zones"),
    path("zones/findings/", zones.ZoneFindings.as_view(), name="api-zone-findings"),
    path("conduits/", zones.ConduitList.as_view(), name="api-conduits"),
    path("flows/", flows.Flows.as_view(), name="api-flows"),
    path("flows/observations/", flows.FlowObservations.as_view(), name="api-flow-observations"),
    path("contracts/", contracts.ContractList.as_view(), name="api-contracts"),
    path("contracts/<int:pk>/", contracts.ContractDetail.as_view(), name="api-contract"),
    path(
        "contracts/<int:pk>/document/",
        contracts.ContractDocument.as_view(),
        name="api-contract-document",
    ),
    path("glossary/", glossary.GlossaryList.as_view(), name="api-glossary"),
    path("glossary/<int:pk>/", glossary.GlossaryDetail.as_view(), name="api-business-term"),
    path("taxonomy/", taxonomy.TermList.as_view(), name="api-taxonomy"),
    path("lineage/events", events.LineageEvents.as_view(), name="api-lineage-events"),
]
