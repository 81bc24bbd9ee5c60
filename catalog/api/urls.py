"""Addresses of the interfaces."""

from django.urls import path

from catalog.api import assets, flows, lineage

urlpatterns = [
    path("", assets.AssetList.as_view(), name="api-assets"),
    path("facets/", assets.AssetFacets.as_view(), name="api-asset-facets"),
    path("<int:pk>/", assets.AssetDetail.as_view(), name="api-asset"),
    path("<int:pk>/reach/", flows.AssetReach.as_view(), name="api-asset-reach"),
    path("<int:pk>/lineage/", lineage.AssetLineage.as_view(), name="api-asset-lineage"),
]
