"""Addresses of the portal, for partner contacts."""

from django.urls import path

from partners.web import automation, delivering, portal, requests, sboms, uploading, vex

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
    path("vex/", vex.own_list, name="vex"),
    path("vex/<uuid:pk>/", vex.own_page, name="vex_document"),
    path("deliver/<str:token>/", delivering.deliver, name="deliver"),
    path("requests/<uuid:pk>/link/", requests.link, name="request_link"),
    path("requests/<uuid:pk>/decline/", requests.decline, name="request_decline"),
    path("automation/", automation.page, name="automation"),
    path("automation/keys/", automation.issue, name="key_issue"),
    path("automation/keys/<uuid:pk>/rotate/", automation.rotate, name="key_rotate"),
    path("automation/keys/<uuid:pk>/revoke/", automation.revoke, name="key_revoke"),
    path("automation/webhooks/", automation.register, name="hook_register"),
    path("automation/webhooks/<uuid:pk>/rotate/", automation.rotate_secret, name="hook_rotate"),
    path("automation/webhooks/<uuid:pk>/test/", automation.test, name="hook_test"),
    path("automation/webhooks/<uuid:pk>/disable/", automation.disable, name="hook_disable"),
    path("intakes/<uuid:pk>/", uploading.page, name="intake"),
]
