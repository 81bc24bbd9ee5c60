"""Parties outside on the board, by name: a column of lists and a choice in forms."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.queries import parties
from governance.board import when, who


def party_field(request: HttpRequest, *, is_required: bool) -> forms.ChoiceField:
    """Return a choice of the parties that this person may read; what is sent is the reference."""
    known = parties.known(to=who(request), at=when(request))
    choices = [("", "Choose one" if is_required else "None"), *((p.ref, p.name) for p in known)]
    return forms.ChoiceField(
        label="Party", choices=choices, required=is_required, widget=UnfoldAdminSelectWidget
    )


def party_column(request: HttpRequest) -> Callable[[Any], str]:
    """Return a column of one request's list: what is read for one person serves no other."""
    names: dict[str, str] = {}

    @admin.display(description="Party", ordering="party_ref")
    def party(row: Any) -> str:
        if not names:
            names.update((p.ref, p.name) for p in parties.known(to=who(request), at=when(request)))
        reference = str(row.party_ref)
        return names.get(reference, reference)

    return party
