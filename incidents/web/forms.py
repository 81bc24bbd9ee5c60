"""What the pages of incidents ask for."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import QuerySet

from governance.models import Site
from incidents.domain import proof
from incidents.domain.cards import HOLDERS
from incidents.domain.commands import COMMANDS
from incidents.domain.incidents import Severity
from incidents.models import LinkRole

SEVERITIES = {
    Severity.SEV1: "Production, safety, or restricted data is being harmed now",
    Severity.SEV2: "It will be within hours, or an attacker is inside",
    Severity.SEV3: "One system, contained by its nature",
    Severity.SEV4: "Nothing harmed, to be looked into",
}

MILESTONES = [(word, kind.value.replace("_", " ").capitalize()) for word, kind in COMMANDS.items()]


VALUE = "value-"


class DeclareForm(forms.Form):
    """Title, severity and site; the token makes sending it twice harmless."""

    title = forms.CharField(
        max_length=160,
        label="What is wrong, in one line",
        error_messages={"required": "Say in a few words what is wrong."},
    )
    severity = forms.ChoiceField(
        choices=[(level.value, words) for level, words in SEVERITIES.items()],
        widget=forms.RadioSelect,
        label="How bad",
        error_messages={"required": "Choose how bad it is; when two fit, take the worse one."},
    )
    site = forms.ModelChoiceField(
        Site.objects.none(),
        to_field_name="slug",
        empty_label=None,
        label="Where",
        error_messages={
            "required": "Choose the site.",
            "invalid_choice": "There is no such site, or none for you. Choose one of the list.",
        },
    )
    is_drill = forms.BooleanField(required=False, label="This is a drill")
    summary = forms.CharField(
        required=False,
        max_length=4000,
        widget=forms.Textarea,
        label="What is known so far (optional)",
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, sites: QuerySet[Site], data: Any = None) -> None:
        # Of several sites none is taken for granted: the wrong plant would be woken.
        few = list(sites[:2])
        initial = {"token": uuid4(), "site": few[0].slug if len(few) == 1 else None}
        super().__init__(data, initial=initial)
        field = self.fields["site"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = sites


class CardForm(forms.Form):
    """The one form of the step card; its buttons say which act is meant.

    What the step asks for comes as ``value-<variable>``; ``choice`` answers a question.
    """

    act = forms.ChoiceField(choices=[(name, name) for name in ("done", "cannot", "hand", "decide")])
    choice = forms.CharField(required=False, max_length=80)
    note = forms.CharField(required=False, max_length=2000)
    to = forms.ChoiceField(required=False, choices=[(name, name) for name in HOLDERS])

    @staticmethod
    def values(data: Mapping[str, Any]) -> dict[str, str]:
        """Return what was filled in, by variable."""
        return {
            name.removeprefix(VALUE): str(data[name]) for name in data if name.startswith(VALUE)
        }


class MilestoneForm(forms.Form):
    """A milestone without knowing the commands: which, when in the same words, and its proof."""

    command = forms.ChoiceField(choices=MILESTONES)
    when = forms.CharField(required=False, max_length=500)
    evidence = forms.RegexField("E[1-9][0-9]{0,5}", required=False)
    why_none = forms.CharField(required=False, max_length=500)

    def line(self) -> str:
        """Return the quick command that says the same; one that is refused for what is unfit."""
        if not self.is_valid():
            return "/"
        given = self.cleaned_data
        named = proof.of(given["evidence"])
        said = named if named.is_given else proof.Proof(why=given["why_none"].strip())
        return f"{given['command']} {proof.written(given['when'], said)}".strip()


class LinkForm(forms.Form):
    """An asset or partner of the incident, by its reference."""

    target = forms.CharField(max_length=160)
    role = forms.ChoiceField(
        choices=[(one.value, one.label) for one in LinkRole if one is not LinkRole.SOURCE]
    )
