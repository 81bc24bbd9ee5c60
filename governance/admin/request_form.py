"""The form in which access is asked for: what it takes, and what it suggests for each system."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms

from governance.actions import screening
from governance.domain.actor import Actor
from governance.errors import WardroomError
from governance.models import AccessRequest, GovernedSystem, User
from governance.queries import requestable, resources, vocabulary

WORDS = "request-words"
"""Id of the place in the page that says what the chosen system has."""
SHOWN = 500
EXAMPLES = 4
HELP = {
    "principal": "The login in that system that gets it: not a name, and seldom a mail address.",
    "entitlement": "What it may do there, as select.",
    "scope": "Where in the system: schema.table, schema.table.column, schema:name or role:name.",
    "purpose": "What for, in words that whoever decides understands.",
    "days": "1 to 365, at most 90 for confidential and restricted data.",
}
LISTS = {
    "principal": "request-logins",
    "entitlement": "request-entitlements",
    "scope": "request-scopes",
}


class RequestForm(forms.ModelForm):  # type: ignore[type-arg]
    """Refuses beside the field what the action would refuse.

    The board sets who asks, when, and ``is_about_record``: whether what was typed still asks for
    the record that the form was opened for.
    """

    by: Actor
    at: datetime
    user: User
    words_url: str
    is_about_record: Callable[[dict[str, Any]], bool]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, text in HELP.items():
            self.fields[name].help_text = text
        for name, place in LISTS.items():
            self.fields[name].widget.attrs.update(list=place, autocomplete="off")
        self.fields["days"].widget.attrs.update(min=1, max=screening.MOST_DAYS)
        # Wrapped by the board, for links to records that this form never needs.
        system: Any = self.fields["system"].widget
        getattr(system, "widget", system).attrs.update(
            {
                "hx-get": self.words_url,
                "hx-target": f"#{WORDS}",
                "hx-include": "#id_principal",
                "hx-trigger": "change",
            }
        )

    class Meta:
        model = AccessRequest
        fields = ["system", "principal", "entitlement", "scope", "purpose", "days"]

    def clean_days(self) -> int:
        """Say the bounds in words: the constraint behind them speaks to nobody."""
        days: int = self.cleaned_data["days"]
        if not 1 <= days <= screening.MOST_DAYS:
            raise forms.ValidationError(f"From 1 to {screening.MOST_DAYS} days.")
        return days

    def clean(self) -> dict[str, Any]:
        """Say what the system does not have, and what is asked for already."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not {"system", "principal", "entitlement", "scope"} <= data.keys():
            return data
        system: GovernedSystem = data["system"]
        if not self.is_about_record(data):
            wanted = {name: data[name] for name in ("entitlement", "scope")}
            known = vocabulary.of(system)
            faults = vocabulary.faults(known, **wanted, to=self.by, at=self.at)
            for name, sentence in faults.items():
                self.add_error(name, sentence)
        if self.errors:
            return data
        facts = resources.facts(resources.located(system, data["scope"]))
        probe = AccessRequest(
            **{name: data[name] for name in self.Meta.fields},
            requester=self.user,
            grantee=self.user,
            level=facts.level,
        )
        for field, refuse in (("days", screening.refuse_long), (None, self._refuse_same)):
            try:
                refuse(probe)
            except WardroomError as error:
                self.add_error(field, error.detail)
        return data

    def _refuse_same(self, probe: AccessRequest) -> None:
        screening.refuse_duplicate(probe, any_act=True)
        screening.refuse_colliding(probe, at=self.at)


def words(
    system: GovernedSystem | None, person: User, *, to: Actor, at: datetime
) -> dict[str, Any]:
    """Return what the page says and suggests about ``system``, as far as ``to`` may see it."""
    if system is None:
        return {"lists": LISTS, "words_id": WORDS}
    known = vocabulary.of(system)
    places = vocabulary.scopes(known, to=to, at=at)[:SHOWN]
    rights = vocabulary.entitlements(known) if known.is_known else []
    usual = [one for one in ("select", "insert", "usage", "member") if one in rights]
    return {
        "lists": LISTS,
        "words_id": WORDS,
        "known": known,
        "logins": vocabulary.logins(system, person),
        "rights": rights,
        "scopes": places,
        "some_rights": (usual or rights)[:EXAMPLES],
        "some_scopes": sorted(places, key=lambda one: ":" in one)[:EXAMPLES],
    }


def login(system: GovernedSystem, person: User) -> str:
    """Return the login of ``person`` in ``system`` to begin with; empty where none is known.

    Their mail address where it was seen as a login there, or where nobody has looked yet.
    """
    own = vocabulary.logins(system, person)
    if own:
        return own[0]
    known = vocabulary.of(system)
    address = person.email or ""
    return address if not known.seen_at or vocabulary.has_login(known, address) else ""


def begin(asked: dict[str, str], person: User) -> dict[str, str]:
    """Return what the fields begin with: ``asked``, and the login that it is asked for."""
    if requestable.is_about_record(asked) or not asked.get("system"):
        return {"principal": person.email or "" if asked else "", **asked}
    system = GovernedSystem.objects.get(pk=asked["system"])
    return {"principal": login(system, person), **asked}
