"""Taking assets out of the count that no harvest will ever miss."""

from datetime import datetime

from django.db import transaction

from catalog.actions import settling
from catalog.models import Asset
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict
from governance.postgresql import staging

_RETIRE = """
WITH RECURSIVE below AS (
    SELECT id FROM catalog_asset WHERE id = %(asset)s
     UNION ALL
    SELECT a.id FROM catalog_asset a JOIN below b ON a.parent_id = b.id
)
UPDATE catalog_asset a SET gone_at = greatest(%(at)s, a.first_seen_at)
  FROM below b WHERE b.id = a.id AND a.gone_at IS NULL
"""


@transaction.atomic
def retire(asset: Asset, *, reason: str, by: Actor, at: datetime) -> int:
    """Mark ``asset`` and everything in it as gone; return how many were live.

    A harvest that sees it again brings it back.

    Raises:
        NotAllowed: ``by`` may not retire it.
        Conflict: it is gone already.
    """
    require(by, Act.ASSET_RETIRE, asset, at=at)
    count = int(staging.run(_RETIRE, {"asset": asset.pk, "at": at})[0][0])
    if not count:
        raise Conflict(f"{asset} is gone already")
    settling.label_system(asset.system_id, at=at)
    audit.record(by=by, act=Act.ASSET_RETIRE, ref=asset.ref, at=at, reason=reason, assets=count)
    return count
