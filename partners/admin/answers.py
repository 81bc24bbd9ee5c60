"""Waivers and answers on the board, for reading only: they are decided on their own pages."""

from django.contrib import admin

from governance.board import GovernedAdmin
from partners.models import Answer, Waiver
from partners.permissions import Act


@admin.register(Waiver)
class WaiverAdmin(GovernedAdmin[Waiver]):
    read_act = Act.WAIVER_READ
    list_display = ["product", "state", "until", "owner", "asked_by", "first_by", "second_by"]
    list_filter = ["state", "product__partner"]
    list_select_related = ["product__partner"]


@admin.register(Answer)
class AnswerAdmin(GovernedAdmin[Answer]):
    read_act = Act.ANSWER_READ
    list_display = ["name", "product", "component", "status", "decision", "received_at"]
    list_filter = ["decision", "status", "product__partner"]
    list_select_related = ["product__partner", "component"]
    search_fields = ["=name"]
