"""Systems that may ask for decisions, on the board."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from governance.actions import directory, enforcement_points
from governance.board import GovernedAdmin, when, who
from governance.domain.callers import Scope
from governance.models import EnforcementPoint, Entity, EntityType
from governance.permissions import Act


class _Words(forms.CharField):
    """Several words in one line."""

    widget = UnfoldAdminTextInputWidget

    def clean(self, value: Any) -> list[str]:
        text: str = super().clean(value)
        return text.replace(",", " ").split()


class PointForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new key; tokens of an issuer are trusted on the shell, where its keys are laid."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    types = _Words(
        required=False, label="Resource types", help_text="All if empty; separated by spaces."
    )
    assertable = _Words(
        required=False,
        label="May claim",
        help_text="As in subject.department resource.* context.mfa; nothing if empty.",
    )

    class Meta:
        model = EnforcementPoint
        fields = ["slug", "name", "rate", "valid_to"]


@admin.register(EnforcementPoint)
class EnforcementPointAdmin(GovernedAdmin[EnforcementPoint]):
    """Admitted with a key that is shown once, and revoked; never changed."""

    read_act, write_act = Act.PEP_READ, Act.PEP_ADMIT
    form = PointForm
    list_display = [
        "name",
        "slug",
        "credential",
        "issuer",
        "rate",
        "created_at",
        "valid_to",
        "revoked_at",
    ]
    list_filter = ["credential", "revoked_at"]
    search_fields = ["slug", "name", "issuer"]
    fields = ["slug", "name", "scopes", "types", "assertable", "rate", "valid_to"]
    actions = ["revoke"]

    def has_change_permission(
        self, request: HttpRequest, obj: EnforcementPoint | None = None
    ) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer: HttpResponse = super().add_view(request, form_url, extra_context)
        return answer

    # A key speaks for a system: whoever makes one proves who they are again.
    add_view.asks_for_fresh_second_factor = True  # type: ignore[attr-defined]

    def create(
        self, request: HttpRequest, obj: EnforcementPoint, data: dict[str, Any]
    ) -> EnforcementPoint:
        point, key = enforcement_points.admit(**data, by=who(request), at=when(request))
        told = f"The key of {point}, shown only this once: {key}"
        self.message_user(request, told, messages.WARNING)
        return point

    @admin.action(description="Revoke now")
    def revoke(self, request: HttpRequest, rows: QuerySet[EnforcementPoint]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: enforcement_points.revoke(
                row, by=who(request), at=when(request), reason=why
            ),
            "enforcement points revoked",
        )


@admin.register(Entity)
class EntityAdmin(GovernedAdmin[Entity]):
    """Foreign subjects and resources; they are loaded from a file, on the shell."""

    read_act, write_act = Act.ENTITY_READ, Act.ENTITY_CHANGE
    list_display = ["key", "type", "kind", "site"]
    list_filter = ["kind", "site"]
    list_select_related = ["site"]
    search_fields = ["key", "type"]
    actions = ["take_out"]

    @admin.action(description="Forget")
    def take_out(self, request: HttpRequest, rows: QuerySet[Entity]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: directory.take_out(row, by=who(request), at=when(request), reason=why),
            "entities forgotten",
        )


@admin.register(EntityType)
class EntityTypeAdmin(GovernedAdmin[EntityType]):
    """What is special about types of foreign entities, for reading."""

    read_act = Act.ENTITY_TYPE_READ
    list_display = ["name", "kind", "source", "data_acts", "classified_by"]
    list_filter = ["kind", "source"]
