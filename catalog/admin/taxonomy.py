"""The taxonomy on the board: own terms added and changed, any retired for a successor."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from catalog.actions import taxonomy
from catalog.domain.taxonomy import FIXED, Origin, Scheme
from catalog.models import Term
from catalog.permissions import Act
from governance.board import GovernedAdmin, ReasonForm, when, who

_SHOWN = ["scheme", "key", "label", "description", "floor", "reference", "origin", "parent"]
_STATE = ["version", "changed_at", "retired_at", "successor"]


class RetireForm(ReasonForm):
    """Asks which key takes the place of the chosen ones, beside why."""

    successor = forms.CharField(
        required=False,
        max_length=80,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Successor's key"}),
        label="Successor",
    )


class TermForm(forms.ModelForm):  # type: ignore[type-arg]
    """Scheme, key and meaning of an own term."""

    description = forms.CharField(
        max_length=500, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def clean_scheme(self) -> str:
        scheme: str = self.cleaned_data["scheme"]
        if Scheme(scheme) in FIXED:
            raise ValidationError("Asset types are the kinds of assets that the product knows.")
        return scheme


@admin.register(Term)
class TermAdmin(GovernedAdmin[Term]):
    """Shipped terms are read; own ones are added and changed."""

    read_act, write_act = Act.TERM_READ, Act.TERM_WRITE
    form = TermForm
    action_form = RetireForm
    list_display = ["key", "label", "scheme", "floor", "origin", "version", "retired_at"]
    list_filter = ["scheme", "origin", ("retired_at", admin.EmptyFieldListFilter)]
    search_fields = ["key", "label", "description", "reference"]
    actions = ["retire"]

    def get_fields(self, request: HttpRequest, obj: Term | None = None) -> list[str]:
        return [*_SHOWN, *_STATE] if obj else ["scheme", "key", "label", "description"]

    def get_readonly_fields(self, request: HttpRequest, obj: Term | None = None) -> list[str]:
        if obj is None:
            return []
        fixed = [*_SHOWN, *_STATE]
        return fixed if not _is_own(obj) else [one for one in fixed if one not in _SAID]

    def has_change_permission(self, request: HttpRequest, obj: Term | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or _is_own(obj))

    def create(self, request: HttpRequest, obj: Term, data: dict[str, Any]) -> Term:
        scheme = Scheme(data.pop("scheme"))
        return taxonomy.add(scheme=scheme, **data, by=who(request), at=when(request))

    def change(self, request: HttpRequest, obj: Term, data: dict[str, Any]) -> Term:
        return taxonomy.change(obj, **data, by=who(request), at=when(request))

    @admin.display(description="Lowest level")
    def floor(self, term: Term) -> str:
        """Say the level below which data of the category never fall."""
        return term.floor_name or "none"

    @admin.action(description="Retire for the successor; labels move to it")
    def retire(self, request: HttpRequest, rows: QuerySet[Term]) -> None:
        key = request.POST.get("successor", "").strip()[:80]

        def end(row: Term, why: str) -> int:
            successor = Term.objects.live().filter(scheme=row.scheme, key=key).first() or row
            return taxonomy.retire(
                row, successor=successor, reason=why, by=who(request), at=when(request)
            )

        self.each(request, rows, end, "terms retired")


_SAID = ("label", "description")


def _is_own(term: Term) -> bool:
    return term.origin == Origin.OWN.value and term.retired_at is None
