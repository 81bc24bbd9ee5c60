"""Zones, conduits and flows on the board."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectMultipleWidget, UnfoldAdminTextInputWidget

from catalog.actions import flowing, zoning
from catalog.admin.parties import party_column, party_field
from catalog.domain.zones import HIGHEST, Direction, Requirement
from catalog.models import Conduit, Flow, Zone
from catalog.permissions import Act
from governance.board import GovernedAdmin, when, who

ORDER = ", ".join(requirement.name for requirement in Requirement)
LEVELS = ("sl_target", "sl_capability", "sl_achieved")


class LevelsField(SimpleArrayField):
    """Seven numbers from 0 to 4, or nothing: not stated."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            forms.IntegerField(min_value=0, max_value=HIGHEST),
            required=False,
            widget=UnfoldAdminTextInputWidget,
            help_text=f"0 to 4 for each of {ORDER}, as in 2,2,2,2,1,2,2. Empty: not stated.",
            **options,
        )

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        if found and len(found) != len(Requirement):
            raise ValidationError(f"There are {len(Requirement)} requirements: {ORDER}.")
        return found or None


class ZoneForm(forms.ModelForm):  # type: ignore[type-arg]
    """A zone with its three vectors."""

    sl_target = LevelsField(label="SL-T, target")
    sl_capability = LevelsField(label="SL-C, capability")
    sl_achieved = LevelsField(label="SL-A, achieved")


@admin.register(Zone)
class ZoneAdmin(GovernedAdmin[Zone]):
    """Site, slug and parent are set once; assets are placed on the zone's own page."""

    read_act, write_act = Act.ZONE_READ, Act.ZONE_WRITE
    form = ZoneForm
    list_display = ["name", "site", "purdue_level", "is_untrusted", "is_safety", "gone_at"]
    list_filter = ["site", "purdue_level", "is_untrusted", "is_safety"]
    list_select_related = ["site"]
    search_fields = ["name", "slug"]
    fields = [
        "site",
        "name",
        "slug",
        "parent",
        "purdue_level",
        "is_untrusted",
        "is_safety",
        *LEVELS,
    ]
    actions = ["dissolve"]

    def get_readonly_fields(self, request: HttpRequest, obj: Zone | None = None) -> list[str]:
        return ["site", "slug", "parent"] if obj else []

    def create(self, request: HttpRequest, obj: Zone, data: dict[str, Any]) -> Zone:
        return zoning.create(**data, by=who(request), at=when(request))

    def change(self, request: HttpRequest, obj: Zone, data: dict[str, Any]) -> Zone:
        return zoning.change(obj, **data, by=who(request), at=when(request))

    @admin.action(description="End, once nothing stands in it")
    def dissolve(self, request: HttpRequest, rows: QuerySet[Zone]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: zoning.dissolve(row, reason=why, by=who(request), at=when(request)),
            "zones ended",
        )


def _zones(help_text: str) -> "forms.ModelMultipleChoiceField[Zone]":
    return forms.ModelMultipleChoiceField(
        Zone.objects.filter(gone_at=None),
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text=help_text,
    )


class ConduitForm(forms.ModelForm):  # type: ignore[type-arg]
    """A conduit with its zones by direction."""

    both_ways = _zones("Data may leave these zones and enter them.")
    out_of = _zones("Data may only leave these zones.")
    into = _zones("Data may only enter these zones.")
    sl_target = LevelsField(label="SL-T, target")
    sl_capability = LevelsField(label="SL-C, capability")
    sl_achieved = LevelsField(label="SL-A, achieved")
    WAYS = {"both_ways": Direction.BOTH, "out_of": Direction.OUT, "into": Direction.IN}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            for name, way in self.WAYS.items():
                held = self.instance.borders.filter(direction=way.value)
                self.initial[name] = list(held.values_list("zone", flat=True))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = [zone for name in self.WAYS for zone in data.get(name, ())]
        if len(set(chosen)) < len(chosen):
            raise ValidationError("A zone has one direction: choose it once.")
        return data


@admin.register(Conduit)
class ConduitAdmin(GovernedAdmin[Conduit]):
    """What is permitted to pass between zones."""

    read_act, write_act = Act.CONDUIT_READ, Act.CONDUIT_WRITE
    form = ConduitForm
    list_display = ["name", "site", "protocols", "gone_at"]
    list_filter = ["site"]
    list_select_related = ["site"]
    search_fields = ["name", "description"]
    fields = ["site", "name", "protocols", "description", *ConduitForm.WAYS, *LEVELS]
    actions = ["close"]

    def get_readonly_fields(self, request: HttpRequest, obj: Conduit | None = None) -> list[str]:
        return ["site"] if obj else []

    def create(self, request: HttpRequest, obj: Conduit, data: dict[str, Any]) -> Conduit:
        return zoning.connect(**_with_borders(data), by=who(request), at=when(request))

    def change(self, request: HttpRequest, obj: Conduit, data: dict[str, Any]) -> Conduit:
        return zoning.reroute(obj, **_with_borders(data), by=who(request), at=when(request))

    @admin.action(description="Close")
    def close(self, request: HttpRequest, rows: QuerySet[Conduit]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: zoning.close(row, reason=why, by=who(request), at=when(request)),
            "conduits closed",
        )


def _with_borders(data: dict[str, Any]) -> dict[str, Any]:
    borders = {zone: way for name, way in ConduitForm.WAYS.items() for zone in data[name]}
    kept = {name: value for name, value in data.items() if name not in ConduitForm.WAYS}
    return {**kept, "borders": borders}


@admin.register(Flow)
class FlowAdmin(GovernedAdmin[Flow]):
    """Declared here or over the API; observed ones come from sensors."""

    read_act, write_act = Act.FLOW_READ, Act.FLOW_DECLARE
    list_display = ["src", "dst", "protocol", "port", "declared_at", "observed_at"]
    list_filter = ["protocol", "src__site"]
    list_select_related = ["src", "dst"]
    search_fields = ["src__fqn", "dst__fqn", "party_ref", "purpose"]
    autocomplete_fields = ["src", "dst"]
    fields = ["src", "dst", "party_ref", "protocol", "port", "purpose"]
    actions = ["end"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        src, dst, *others = self.list_display
        return [src, dst, party_column(request), *others]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "party_ref":
            return party_field(request, is_required=False)
        return super().formfield_for_dbfield(db_field, request, **options)

    def create(self, request: HttpRequest, obj: Flow, data: dict[str, Any]) -> Flow:
        return flowing.declare(**data, by=who(request), at=when(request))

    @admin.action(description="End")
    def end(self, request: HttpRequest, rows: QuerySet[Flow]) -> None:
        self.each(
            request,
            rows,
            lambda row, why: flowing.end(row, reason=why, by=who(request), at=when(request)),
            "flows ended",
        )
