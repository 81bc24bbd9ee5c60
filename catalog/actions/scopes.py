"""One permission for many records: asked once for each site that they stand at."""

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from django.db.models import F, QuerySet

from governance import access
from governance.domain.actor import Actor
from governance.models import Governed

G = TypeVar("G", bound=Governed)


def require_all(by: Actor, act: StrEnum, rows: QuerySet[G], *, at: datetime) -> None:
    """Return only if ``by`` may do ``act`` to every one of ``rows``.

    The decision log gets one line for each site, not one for each record.

    Raises:
        NotAllowed: there is at least one on which ``by`` may not.
    """
    allowed = access.visible(rows, to=by, act=act, at=at)
    refused = rows.exclude(pk__in=allowed.order_by().values("pk")).order_by("pk").first()
    if refused is not None:
        access.require(by, act, refused, at=at)
    sites = rows.annotate(scope=F(rows.model.site_path)).order_by("scope", "pk").distinct("scope")
    for row in sites:
        access.require(by, act, row, at=at)
