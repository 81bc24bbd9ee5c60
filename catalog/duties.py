"""What waits for a person's decision in the catalog."""

from datetime import datetime

from django.urls import reverse

from catalog.models import Asset, LabelAssertion, Status
from catalog.permissions import Act
from governance import access
from governance.domain.actor import Actor
from governance.registries import Duty


def proposals(by: Actor, at: datetime) -> list[Duty]:
    """Return one line for the columns that may hold personal or secret data."""
    waiting = LabelAssertion.objects.filter(status=Status.PROPOSED, asset__gone_at=None).exclude(
        category=""
    )
    rows = access.visible(waiting, to=by, act=Act.LABEL_DECIDE, at=at)
    count = rows.order_by().values("asset").distinct().count()
    if not count:
        return []
    columns = "column" if count == 1 else "columns"
    return [
        Duty(
            title=f"Review the labels of {count:,} {columns}",
            reason="Their names speak for personal or confidential data."
            " They are protected already; coverage counts them once a person has decided.",
            url=f"{reverse('catalog:list')}?review=yes",
        )
    ]


def ownerless(by: Actor, at: datetime) -> list[Duty]:
    """Return one line for the data assets that nobody answers for."""
    rows = access.visible(
        Asset.objects.live().data().exclude(pk__in=Asset.objects.owned().values("pk")),
        to=by,
        act=Act.ASSET_ASSIGN,
        at=at,
    )
    count = rows.count()
    if not count:
        return []
    return [
        Duty(
            title=f"Name an owner for {count:,} {'asset' if count == 1 else 'assets'}",
            reason="Nobody answers for them. An owner on a system or schema covers what is in it.",
            url=f"{reverse('catalog:list')}?gap=owner",
        )
    ]
