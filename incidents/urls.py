"""Addresses of the pages of incidents, below ``/incidents/``."""

from django.urls import path

from incidents.web import declaring, lists, rooms, runbooks

app_name = "incidents"
urlpatterns = [
    path("", lists.index, name="list"),
    path("declare/", declaring.declare, name="declare"),
    path("runbooks/", runbooks.index, name="runbooks"),
    path("runbooks/<slug:slug>/", runbooks.show, name="runbook"),
    path("runbooks/<slug:slug>/act/", runbooks.act, name="runbook_act"),
    path("runbooks/<slug:slug>/<int:number>.cacao.json", runbooks.export, name="runbook_export"),
    path("<str:reference>/", rooms.show, name="room"),
    path("<str:reference>/live/", rooms.live, name="live"),
    path("<str:reference>/say/", rooms.say, name="say"),
    path("<str:reference>/step/<int:key>/", rooms.card, name="card"),
    path("<str:reference>/start/<slug:runbook>/", rooms.start, name="start"),
    path("<str:reference>/commander/", rooms.assign, name="assign"),
    path("<str:reference>/link/", rooms.link, name="link"),
    path("<str:reference>/end/", rooms.end, name="end"),
]
