"""What the pages of breaches and notices ask for."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from incidents.domain.breaches import Facts, Loss, ProductHarm, Verdict
from incidents.domain.intervals import LocalTimeError, Precision, resolve
from incidents.queries.affected import Affected

PRODUCT = [
    (ProductHarm.NONE.value, "No product of ours is concerned"),
    (ProductHarm.EXPLOITED.value, "A vulnerability in our product is actively exploited"),
    (ProductHarm.SEVERE.value, "A severe incident has an impact on our product's security"),
]
VERDICTS = [
    (Verdict.BREACH.value, "A breach"),
    (Verdict.NOT_BREACH.value, "Not a breach"),
    (Verdict.ASK.value, "The privacy officer decides"),
]


class FactsForm(forms.Form):
    """The facts that rules read; what the catalog knows is filled in."""

    losses = forms.MultipleChoiceField(
        required=False, choices=[(one.value, one.value.capitalize()) for one in Loss]
    )
    is_personal = forms.BooleanField(required=False)
    level = forms.TypedChoiceField(
        required=False,
        empty_value=None,
        coerce=int,
        choices=[
            ("", "Unclassified"),
            (0, "Public"),
            (1, "Internal"),
            (2, "Confidential"),
            (3, "Restricted"),
        ],
    )
    records = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=10**15,
        error_messages={"invalid": "Write a number, or leave it out while nobody knows."},
    )
    is_high_risk = forms.BooleanField(required=False)
    is_significant = forms.BooleanField(required=False)
    product = forms.ChoiceField(choices=PRODUCT)
    verdict = forms.ChoiceField(
        choices=VERDICTS, error_messages={"required": "Say what you decide."}
    )
    reason = forms.CharField(required=False, max_length=2000)

    def facts(self, known: Affected) -> Facts:
        """Return the facts as they were answered."""
        given: dict[str, Any] = self.cleaned_data
        return Facts(
            losses=frozenset(Loss(one) for one in given["losses"]),
            is_personal=given["is_personal"],
            level=given["level"],
            kinds=known.kinds,
            records=given["records"],
            is_high_risk=given["is_high_risk"],
            is_significant=given["is_significant"],
            product=ProductHarm(given["product"]),
        )


class SentForm(forms.Form):
    """When a notice went out, on the clock of the site, and what the recipient calls it."""

    sent = forms.DateTimeField(
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={
            "required": "Say when it was sent.",
            "invalid": "Write it as 2026-11-17 14:05, on the clock of the site.",
        },
    )
    reference = forms.CharField(required=False, max_length=200)

    def sent_at(self, zone: ZoneInfo) -> datetime:
        """Return the instant; of a time shown twice the later one, which flatters nobody.

        Raises:
            LocalTimeError: the clocks of ``zone`` never showed it.
        """
        local = self.cleaned_data["sent"].replace(tzinfo=None)
        return resolve(local, zone=zone, precision=Precision.MINUTE, fold=1).start


__all__ = ["FactsForm", "LocalTimeError", "SentForm"]
