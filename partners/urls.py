"""Addresses of the partners app for our people."""

from django.urls import path

from partners.web import (
    deciding,
    feeds,
    findings,
    partners,
    policies,
    requests,
    sboms,
    shipping,
    vex,
)

app_name = "partners"
urlpatterns = [
    path("findings/", findings.listing, name="findings"),
    path("findings/<uuid:pk>/", findings.page, name="finding"),
    path("sboms/<uuid:pk>/", sboms.page, name="sbom"),
    path("sboms/<uuid:pk>/cyclonedx.json", sboms.file, name="sbom_file"),
    path("findings/waivers/", deciding.waivers, name="waivers"),
    path("findings/waivers/<uuid:pk>/decide/", deciding.decide_waiver, name="decide_waiver"),
    path("findings/answers/", deciding.answers, name="answers"),
    path("findings/answers/<uuid:pk>/decide/", deciding.decide_answer, name="decide_answer"),
    path("findings/policy/", policies.page, name="policy"),
    path("findings/<uuid:pk>/waiver/", deciding.ask_waiver, name="ask_waiver"),
    path("findings/<uuid:pk>/answer/", deciding.give_answer, name="give_answer"),
    path("components/", shipping.page, name="components"),
    path("feeds/", feeds.page, name="feeds"),
    path("partners/", partners.listing, name="list"),
    path("partners/<slug:slug>/ask/", requests.ask, name="ask"),
    path("requests/<uuid:pk>/link/", requests.staff_link, name="request_link"),
    path("requests/<uuid:pk>/withdraw/", requests.withdraw, name="request_withdraw"),
    path("vex/<uuid:pk>/", vex.page, name="vex_document"),
    path("partners/<slug:slug>/vex/", vex.staff_list, name="vex"),
    path("partners/<slug:slug>/", partners.page, name="partner"),
]
