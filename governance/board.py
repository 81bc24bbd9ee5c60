"""The board's base class: what is shown is what the policy shows, what is saved is an action."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from django.contrib import messages
from django.db.models import DateTimeField, QuerySet
from django.forms import CharField
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from governance import access
from governance.domain.actor import Actor
from governance.errors import WardroomError
from governance.models import Governed

G = TypeVar("G", bound=Governed)
SECRETS = frozenset({"password", "secret"})
"""Fields that no address may ask about, on any model."""


def who(request: HttpRequest) -> Actor:
    """Return who is signed in to the board."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def when(request: HttpRequest) -> datetime:
    """Return the instant of this request."""
    at: datetime = request.at  # type: ignore[attr-defined]
    return at


NAMED = 3
_ONE = {"entities": "entity", "people": "person"}


def done_to(names: list[str], done: str) -> str:
    """Return what was done to how many, and to which where they are few.

    ``done`` stands in the plural, as "requests approved": of one it becomes "1 request approved".
    """
    words = done.split()
    if len(names) == 1:
        many = next((at for at, word in enumerate(words) if word.endswith("s") or word in _ONE), -1)
        if many >= 0:
            words[many] = _ONE.get(words[many], words[many].removesuffix("s"))
    which = f": {'; '.join(names)}" if len(names) <= NAMED else ""
    return f"{len(names):,} {' '.join(words)}{which}."


class ReasonForm(ActionForm):  # type: ignore[misc]
    """Asks once why, for all chosen records."""

    reason = CharField(
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Reason"}),
        label="Reason",
    )


class GovernedAdmin(ModelAdmin, Generic[G]):  # type: ignore[misc]
    """A list and a page for each record, filtered by ``read_act``; read-only by default.

    A subclass that lets people write sets ``write_act`` and overrides ``create`` and
    ``change``, which call the app's actions. Deleting is never offered: records end,
    they do not vanish.
    """

    read_act: ClassVar[StrEnum]
    write_act: ClassVar[StrEnum | None] = None
    compressed_fields = True
    list_fullwidth = True
    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    action_form = ReasonForm

    def create(self, request: HttpRequest, obj: G, data: dict[str, Any]) -> G:
        raise NotImplementedError

    def change(self, request: HttpRequest, obj: G, data: dict[str, Any]) -> G:
        raise NotImplementedError

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Refuse filters on secrets: a list that answers to a prefix gives them away."""
        if SECRETS & set(lookup.split("__")):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Say of a time that is to be entered which zone it is read in."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None and isinstance(db_field, DateTimeField):
            zone = timezone.get_current_timezone_name()
            field.help_text = " ".join(filter(None, [str(field.help_text), f"{zone} time."]))
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[G]:
        rows: QuerySet[G] = super().get_queryset(request)
        return access.visible(rows, to=who(request), act=self.read_act, at=when(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: G | None = None) -> bool:
        if obj is not None:
            return access.allows(who(request), self.read_act, obj, at=when(request))
        return access.allows_somewhere(
            who(request), self.read_act, self.model.resource_type(), at=when(request)
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may_write(request) and type(self).create is not GovernedAdmin.create

    def has_change_permission(self, request: HttpRequest, obj: G | None = None) -> bool:
        return self._may_write(request) and type(self).change is not GovernedAdmin.change

    def has_delete_permission(self, request: HttpRequest, obj: G | None = None) -> bool:
        return False

    def _may_write(self, request: HttpRequest) -> bool:
        return self.write_act is not None and access.allows_somewhere(
            who(request), self.write_act, self.model.resource_type(), at=when(request)
        )

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> G:
        """Call the action; what it refuses is shown above the form and nothing is saved."""
        write = self.change if change else self.create
        obj: G = write(request, form.instance, form.cleaned_data)
        form.instance = obj
        return obj

    def save_model(self, request: HttpRequest, obj: G, form: Any, change: bool) -> None:
        """Do nothing: ``save_form`` has called the action."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: there are no related forms."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Leave the log to the audit log."""

    log_change = log_addition
    log_deletions = log_addition

    def offered(
        self, request: HttpRequest, actions: dict[str, Any], acts: Mapping[str, StrEnum]
    ) -> dict[str, Any]:
        """Return those of ``actions`` that this person may do anywhere: name -> the act it takes.

        What is not in ``acts`` stays.
        """
        return {
            name: action
            for name, action in actions.items()
            if name not in acts
            or access.allows_somewhere(
                who(request), acts[name], self.model.resource_type(), at=when(request)
            )
        }

    def each(
        self, request: HttpRequest, rows: QuerySet[G], act: Callable[[G, str], object], done: str
    ) -> None:
        """Do ``act`` to each chosen record, with the reason given.

        Says how many it was done to, and which were refused and why.
        """
        why = request.POST.get("reason", "").strip()
        if not why:
            self.message_user(
                request,
                "Nothing was changed: say why, in the field beside the action.",
                messages.ERROR,
            )
            return
        names = []
        for row in rows:
            try:
                act(row, why)
            except WardroomError as error:
                self.message_user(request, f"{row}: {error.detail}", messages.WARNING)
            else:
                names.append(str(row))
        if names:
            self.message_user(request, done_to(names, done))
