"""Addresses of the catalog's pages."""

from django.urls import path

from catalog.web import (
    assets,
    coverage,
    glossary,
    harvests,
    labels,
    owners,
    places,
    reach,
    taxonomy,
    zones,
)

app_name = "catalog"
urlpatterns = [
    path("", assets.listing, name="list"),
    path("<int:pk>/", assets.page, name="asset"),
    path("<int:pk>/labels/", assets.decide, name="decide"),
    path("<int:pk>/label/", labels.state, name="state_label"),
    path("<int:pk>/lower/", labels.lower, name="lower_label"),
    path("<int:pk>/labels/<int:label>/", labels.confirm, name="decide_label"),
    path("<int:pk>/owner/", assets.own, name="own"),
    path("<int:pk>/reach/", reach.page, name="reach"),
    path("coverage/", coverage.page, name="coverage"),
    path("coverage/fix/", coverage.fix, name="fix"),
    path("owners/<str:word>/", owners.page, name="owner"),
    path("systems/<slug:slug>/", places.system, name="system"),
    path("sites/<slug:slug>/", places.site, name="site"),
    path("zones/", zones.listing, name="zones"),
    path("zones/<int:pk>/", zones.page, name="zone"),
    path("zones/<int:pk>/place/", zones.place, name="place"),
    path("glossary/", glossary.listing, name="glossary"),
    path("glossary/<int:pk>/", glossary.page, name="business_term"),
    path("glossary/<int:pk>/approve/", glossary.approve, name="approve_term"),
    path("<int:pk>/terms/", glossary.link, name="link_term"),
    path("taxonomy/", taxonomy.page, name="taxonomy"),
    path("harvests/", harvests.listing, name="harvests"),
    path("harvests/<slug:slug>/", harvests.start, name="harvest"),
]
