"""The glossary on the board: terms written, approved by somebody else, ended."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.actions import glossary
from catalog.models import BusinessTerm
from catalog.permissions import Act
from catalog.queries.glossary import related_to
from governance.board import GovernedAdmin, when, who
from governance.models import User


class BusinessTermForm(forms.ModelForm):  # type: ignore[type-arg]
    """A term with its synonyms and what it is read together with."""

    definition = forms.CharField(
        max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )
    synonyms = SimpleArrayField(
        forms.CharField(max_length=120),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Other words for the same, separated by commas.",
    )
    related = forms.ModelMultipleChoiceField(
        BusinessTerm.objects.filter(ended_at=None),
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text="Terms that are read together with it.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = User.objects.filter(kind="person", is_active=True, party="")
        for name in ("owner", "steward"):
            if name in self.fields:
                self.fields[name].queryset = people  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial["related"] = [one.pk for one in related_to(self.instance)]
            others = BusinessTerm.objects.filter(ended_at=None).exclude(pk=self.instance.pk)
            self.fields["related"].queryset = others  # type: ignore[attr-defined]


@admin.register(BusinessTerm)
class BusinessTermAdmin(GovernedAdmin[BusinessTerm]):
    """Saving makes a draft, also of an approved term; a second person approves it."""

    read_act, write_act = Act.GLOSSARY_READ, Act.GLOSSARY_WRITE
    form = BusinessTermForm
    list_display = ["name", "state", "owner", "steward", "synonyms", "written_at", "approved_at"]
    list_filter = ["state", "owner", "steward"]
    list_select_related = ["owner", "steward"]
    search_fields = ["name", "definition", "synonyms"]
    fields = ["name", "definition", "synonyms", "owner", "steward", "related"]
    actions = ["approve", "end"]

    def create(self, request: HttpRequest, obj: BusinessTerm, data: dict[str, Any]) -> BusinessTerm:
        return glossary.write(**data, by=who(request), at=when(request))

    def change(self, request: HttpRequest, obj: BusinessTerm, data: dict[str, Any]) -> BusinessTerm:
        return glossary.write(obj, **data, by=who(request), at=when(request))

    @admin.action(description="Approve")
    def approve(self, request: HttpRequest, rows: QuerySet[BusinessTerm]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: glossary.approve(row, reason=why, by=who(request), at=when(request)),
            "terms approved",
        )

    @admin.action(description="End")
    def end(self, request: HttpRequest, rows: QuerySet[BusinessTerm]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: glossary.end(row, reason=why, by=who(request), at=when(request)),
            "terms ended",
        )
