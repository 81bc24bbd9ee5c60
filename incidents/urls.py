"""Addresses of the pages of incidents, below ``/incidents/``."""

from django.urls import path

from incidents.web import (
    breaches,
    declaring,
    evidence,
    evidence_upload,
    lists,
    notices,
    report,
    rooms,
    rules,
    runbooks,
    runs,
)

app_name = "incidents"
urlpatterns = [
    path("", lists.index, name="list"),
    path("declare/", declaring.declare, name="declare"),
    path("report/", report.show, name="report"),
    path("report.csv", report.file, {"form": "csv"}, name="report_csv"),
    path("report.json", report.file, {"form": "json"}, name="report_json"),
    path("report.pdf", report.file, {"form": "pdf"}, name="report_pdf"),
    path("runbooks/", runbooks.index, name="runbooks"),
    path("runbooks/<slug:slug>/", runbooks.show, name="runbook"),
    path("runbooks/<slug:slug>/act/", runbooks.act, name="runbook_act"),
    path("runbooks/<slug:slug>/<int:number>.cacao.json", runbooks.export, name="runbook_export"),
    path("rules/", rules.index, name="rules"),
    path("rules/act/", rules.act, name="rules_act"),
    path("<str:reference>/", rooms.show, name="room"),
    path("<str:reference>/breach/", breaches.decide, name="breach"),
    path("<str:reference>/evidence/", evidence.index, name="evidence"),
    path("<str:reference>/evidence/upload/", evidence_upload.upload, name="evidence_upload"),
    path("<str:reference>/evidence/export/", evidence.export, name="evidence_export"),
    path("<str:reference>/evidence/<int:number>/", evidence.show, name="evidence_item"),
    path("<str:reference>/evidence/<int:number>/act/", evidence.act, name="evidence_act"),
    path("<str:reference>/evidence/<int:number>/file/", evidence.file, name="evidence_file"),
    path("<str:reference>/notices/", notices.index, name="notices"),
    path("<str:reference>/notices/<int:key>/", notices.show, name="notice"),
    path("<str:reference>/notices/<int:key>/act/", notices.act, name="notice_act"),
    path("<str:reference>/live/", rooms.live, name="live"),
    path("<str:reference>/say/", rooms.say, name="say"),
    path("<str:reference>/step/<int:key>/", rooms.card, name="card"),
    path("<str:reference>/start/<slug:runbook>/", rooms.start, name="start"),
    path("<str:reference>/run/<int:key>/stop/", runs.stop, name="stop"),
    path("<str:reference>/approval/<int:key>/", runs.vote, name="vote"),
    path("<str:reference>/commander/", rooms.assign, name="assign"),
    path("<str:reference>/link/", rooms.link, name="link"),
    path("<str:reference>/end/", rooms.end, name="end"),
]
