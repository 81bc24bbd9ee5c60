"""Saying what assets are, in words, and how much hangs on them."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from catalog.actions.scopes import require_all
from catalog.domain.assets import OWN_KEY
from catalog.models import Asset
from catalog.permissions import Act
from governance import audit
from governance.domain.actor import Actor
from governance.errors import Refused
from governance.models import GovernedSystem
from governance.postgresql import staging

_DESCRIBE = """
UPDATE catalog_asset a SET description = d.description
  FROM pg_temp.described d
 WHERE a.id = d.id AND a.description IS DISTINCT FROM d.description
"""


class SourceDescribes(Refused):
    """What a harvest brought is described in its source; the next harvest says it again."""

    code = "source_describes"


@transaction.atomic
def describe(texts: Mapping[int, str], *, reason: str = "", by: Actor, at: datetime) -> int:
    """Give each asset, by key, its description; return how many changed.

    Raises:
        NotAllowed: ``by`` may not describe one of them; then none is described.
        SourceDescribes: one of them is not listed by hand.
    """
    rows = Asset.objects.filter(pk__in=list(texts))
    require_all(by, Act.ASSET_DESCRIBE, rows, at=at)
    harvested = rows.exclude(source_key__startswith=OWN_KEY).first()
    if harvested is not None:
        raise SourceDescribes(f"{harvested} is described in its source.")
    staging.load("described", {"id": "bigint", "description": "text"}, texts.items())
    count = int(staging.run(_DESCRIBE, {})[0][0])
    _record(rows, what="description", by=by, at=at, reason=reason)
    return count


@transaction.atomic
def weigh(
    assets: QuerySet[Asset],
    *,
    criticality: int | None,
    reason: str = "",
    by: Actor,
    at: datetime,
) -> int:
    """Say how critical ``assets`` are, 1 (least) to 5; None takes it back. Return how many.

    Raises:
        NotAllowed: ``by`` may not describe one of them; then none is weighed.
        Refused: no number from 1 to 5.
    """
    if criticality is not None and not 1 <= criticality <= 5:
        raise Refused("Criticality is a number from 1 to 5.")
    # What may be done can depend on how critical an asset is, so both sides are asked.
    keys = list(assets.order_by().values_list("pk", flat=True))
    rows = Asset.objects.filter(pk__in=keys)
    require_all(by, Act.ASSET_DESCRIBE, rows, at=at)
    count = rows.update(criticality=criticality)
    require_all(by, Act.ASSET_DESCRIBE, rows, at=at)
    _record(rows, what="criticality", by=by, at=at, reason=reason)
    return count


def _record(rows: QuerySet[Asset], *, what: str, by: Actor, at: datetime, reason: str) -> None:
    for system in GovernedSystem.objects.filter(pk__in=rows.order_by().values("system").distinct()):
        theirs = rows.filter(system=system)
        count = theirs.count()
        audit.record(
            by=by,
            act=Act.ASSET_DESCRIBE,
            ref=theirs.get().ref if count == 1 else system.ref,
            at=at,
            assets=count,
            what=what,
            reason=reason or None,
        )
