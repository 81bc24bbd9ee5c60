"""What suppliers sent and somebody here decides: how much of it waits, and since when."""

from datetime import datetime

from django.db.models import Count, Min
from django.urls import reverse

from governance import access
from governance.domain.actor import Actor
from governance.registries import Duty
from partners.models import Answer, Decision, Waiver, WaiverState
from partners.permissions import Act


def duties(actor: Actor, at: datetime) -> list[Duty]:
    """Return a line for answers and one for waivers that ``actor`` may decide."""
    if actor.party:
        return []
    answers = access.visible(Answer.objects.all(), to=actor, act=Act.ANSWER_DECIDE, at=at)
    waivers = access.visible(Waiver.objects.all(), to=actor, act=Act.WAIVER_DECIDE, at=at)
    lines = []
    waiting = answers.filter(decision=Decision.PENDING).aggregate(
        n=Count("pk"), first=Min("received_at")
    )
    if waiting["n"]:
        lines.append(
            Duty(
                title=f"{_many(waiting['n'], 'answer')} of suppliers to review",
                reason=f"The oldest came {waiting['first']:%b} {waiting['first'].day}; "
                "its clock goes on until somebody decides.",
                url=reverse("partners:answers"),
            )
        )
    asked = waivers.filter(state__in=[WaiverState.ASKED, WaiverState.HALF])
    asked = asked.exclude(asked_by=actor.ref).exclude(first_by=actor.ref)
    waiting = asked.aggregate(n=Count("pk"), first=Min("asked_at"))
    if waiting["n"]:
        lines.append(
            Duty(
                title=f"{_many(waiting['n'], 'waiver')} asked for",
                reason=f"The oldest since {waiting['first']:%b} {waiting['first'].day}.",
                url=reverse("partners:waivers"),
            )
        )
    return lines


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
