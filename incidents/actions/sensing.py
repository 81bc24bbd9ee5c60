"""Taking in what sensors send: each event once, like ones counted as one alert."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.models import Site
from incidents.actions import alerting
from incidents.domain.signals import Seen
from incidents.models import Alert
from incidents.permissions import Act
from incidents.queries import sensed
from incidents.queries.sensed import Place
from incidents.signals.body import canonical
from incidents.signals.mapping import Mapper
from incidents.signals.reading import Unfit, read

_WAIT = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_KNOWN = """
SELECT event_id, content, alert_id FROM incidents_signal WHERE source = %s AND event_id = ANY(%s)
"""
_KEEP = """
COPY incidents_signal (source, event_id, content, mapper, observed_at, received_at, title, rule,
    weight, environment, site_id, asset_name, entities, body, alert_id) FROM STDIN
"""


@dataclass(slots=True)
class Item:
    """What became of one event: accepted, duplicate, or rejected with a reason."""

    index: int
    status: str
    event_id: str = ""
    reason: str = ""
    field: str = ""
    alert: int | None = None


@dataclass(slots=True)
class Taken:
    """What became of a batch."""

    items: list[Item] = field(default_factory=list)

    def count(self, status: str) -> int:
        """Return how many items ended so."""
        return sum(one.status == status for one in self.items)


@transaction.atomic
def take(
    events: Sequence[object],
    *,
    source: str,
    mapper: Mapper,
    mapper_name: str,
    by: Actor,
    at: datetime,
) -> Taken:
    """Take in ``events`` of the key ``source``; each is answered, in their order.

    An id that is known already with the same content is a duplicate; with another content it is
    rejected, and what came first stays. What no asset is found for is taken too and waits in its
    own queue. Batches of one source go one after another.

    Raises:
        NotAllowed: ``by`` may not report signals.
    """
    root = Site.objects.get(parent=None)
    require(by, Act.SIGNAL_REPORT, Alert(site=root), at=at)
    taken = Taken()
    read_ones = _read(events, mapper, taken, at=at)
    with connection.cursor() as cursor:
        cursor.execute(_WAIT, [f"signals {source}"])
    new = _new(read_ones, source, taken)
    if not new:
        return taken
    seen = [one for _, one in new]
    places = sensed.assets({one.asset for one in seen})
    sites = sensed.sites({one.site for one in seen if one.site})
    homes = [_home(one, places, sites, root.pk) for one in seen]
    keys = alerting.count(
        [
            (one, places.get(one.asset.casefold()), home)
            for one, home in zip(seen, homes, strict=True)
        ],
        at=at,
    )
    for (item, _), key in zip(new, keys, strict=True):
        item.status, item.alert = "accepted", key
    _keep(events, new, homes, keys, {"source": source, "mapper": mapper_name, "at": at})
    audit.record(
        by=by,
        act=Act.SIGNAL_REPORT,
        ref=root.ref,
        at=at,
        source=source,
        mapper=mapper_name,
        signals=len(new),
        alerts=len(set(keys)),
        sha256=hashlib.sha256("".join(one.content for one in seen).encode()).hexdigest(),
    )
    return taken


def _read(
    events: Sequence[object], mapper: Mapper, taken: Taken, *, at: datetime
) -> list[tuple[Item, Seen]]:
    found = []
    for index, event in enumerate(events):
        item = Item(index, "rejected")
        taken.items.append(item)
        try:
            seen = read(event, mapper, at=at)
        except Unfit as error:
            item.reason, item.field = str(error), error.field
            continue
        item.event_id = seen.event_id
        found.append((item, seen))
    return found


def _new(read_ones: list[tuple[Item, Seen]], source: str, taken: Taken) -> list[tuple[Item, Seen]]:
    """Return what was never seen before, in this batch or any other; mark the rest."""
    ids = [seen.event_id for _, seen in read_ones]
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [source, ids])
        known = {event_id: (content, alert) for event_id, content, alert in cursor.fetchall()}
    new: list[tuple[Item, Seen]] = []
    first: dict[str, tuple[str, int | None]] = dict(known)
    for item, seen in read_ones:
        before = first.get(seen.event_id)
        if before is None:
            first[seen.event_id] = (seen.content, None)
            new.append((item, seen))
        elif before[0] == seen.content:
            item.status, item.alert = "duplicate", before[1]
        else:
            item.reason = "conflict: the same id came before with another content, which stays"
            item.field = "id"
    return new


def _home(seen: Seen, places: Mapping[str, Place], sites: Mapping[str, int], root: int) -> int:
    place = places.get(seen.asset.casefold())
    if place is not None and place.site is not None:
        return place.site
    return sites.get(seen.site, root)


def _keep(
    events: Sequence[object],
    new: list[tuple[Item, Seen]],
    homes: list[int],
    keys: list[int],
    given: Mapping[str, Any],
) -> None:
    source, mapper, at = given["source"], given["mapper"], given["at"]
    with connection.cursor() as cursor, cursor.copy(_KEEP) as copy:
        for (item, seen), home, key in zip(new, homes, keys, strict=True):
            copy.write_row(
                (
                    source,
                    seen.event_id,
                    seen.content,
                    mapper,
                    seen.observed_at,
                    at,
                    seen.title,
                    seen.rule,
                    seen.weight.value,
                    seen.environment.value,
                    home,
                    seen.asset,
                    canonical(seen.entities).decode(),
                    canonical(events[item.index]).decode(),
                    key,
                )
            )
