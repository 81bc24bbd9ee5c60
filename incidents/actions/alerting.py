"""Alerts: counting like signals as one, and what people say of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import BadInput, Conflict, Refused
from incidents.domain.incidents import Phase
from incidents.domain.signals import (
    MANY_WITHIN,
    Environment,
    Seen,
    Weight,
    alarm,
    dedup_key,
)
from incidents.models import Alert, AlertState, AssetName
from incidents.permissions import Act
from incidents.queries import sensed
from incidents.queries.sensed import Place
from incidents.signals.body import canonical

ENDED = [one.value for one in Phase if one.is_terminal]
BY_ITSELF = "service:sensor"
_COUNT = """
INSERT INTO incidents_alert (dedup_key, state, title, rule, weight, environment, site_id,
    asset_name, asset, count, first_seen_at, last_seen_at, raised_at, alarm, follows_id,
    resolved_by, reason)
SELECT dedup_key, 'open', title, rule, weight, environment, site_id, asset_name, asset, count,
       first_seen_at, last_seen_at, %(at)s, '', follows_id, '', ''
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (dedup_key text, title text, rule text,
       weight smallint, environment text, site_id bigint, asset_name text, asset text, count int,
       first_seen_at timestamptz, last_seen_at timestamptz, follows_id bigint)
 ORDER BY dedup_key
    ON CONFLICT (dedup_key) WHERE state = 'open' DO UPDATE SET
       count = incidents_alert.count + excluded.count,
       first_seen_at = least(incidents_alert.first_seen_at, excluded.first_seen_at),
       last_seen_at = greatest(incidents_alert.last_seen_at, excluded.last_seen_at)
RETURNING dedup_key, id
"""
_END = """
WITH over AS (
    UPDATE incidents_alert AS alert
       SET state = 'resolved', resolved_at = %(at)s, resolved_by = %(by)s,
           reason = 'its incident has ended'
      FROM incidents_incident AS incident
     WHERE incident.id = alert.incident_id AND incident.phase = ANY(%(ended)s)
       AND alert.dedup_key = ANY(%(keys)s) AND alert.state = 'open'
    RETURNING alert.dedup_key, alert.id)
SELECT dedup_key, max(id)
  FROM (SELECT dedup_key, id FROM incidents_alert
         WHERE dedup_key = ANY(%(keys)s) AND state = 'resolved'
        UNION ALL SELECT dedup_key, id FROM over) AS past
 GROUP BY dedup_key
"""
Found = tuple[Seen, Place | None, int]


def _parts(seen: Seen, place: Place | None) -> tuple[Environment, str, str, Weight]:
    return seen.environment, place.asset if place else seen.asset, seen.rule, seen.weight


def count(found: Sequence[Found], *, at: datetime) -> list[int]:
    """Count each signal for its alert, in the running transaction; return the alert of each.

    An open alert whose incident has ended is resolved first, so that a new one is opened that
    follows it: what is over swallows nothing.
    """
    groups: dict[str, list[Found]] = defaultdict(list)
    parts = [_parts(seen, place) for seen, place, _ in found]
    # Like signals come in hundreds: each kind of them is hashed once.
    known = {one: dedup_key(*one) for one in set(parts)}
    keys = [known[one] for one in parts]
    for key, one in zip(keys, found, strict=True):
        groups[key].append(one)
    follows = _end(groups, at=at)
    rows = []
    for key, held in groups.items():
        first, place, home = held[0]
        times = [seen.observed_at for seen, _, _ in held]
        rows.append(
            {
                "dedup_key": key,
                "title": first.title,
                "rule": first.rule,
                "weight": first.weight.value,
                "environment": first.environment.value,
                "site_id": home,
                "asset_name": first.asset,
                "asset": place.asset if place else "",
                "count": len(held),
                "first_seen_at": min(times).isoformat(),
                "last_seen_at": max(times).isoformat(),
                "follows_id": follows.get(key),
            }
        )
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"rows": canonical(rows).decode(), "at": at})
        alerts: dict[str, int] = dict(cursor.fetchall())
    _alarm(alerts.values(), {place.asset: place for _, place, _ in found if place}, at=at)
    return [alerts[key] for key in keys]


def _end(groups: Mapping[str, object], *, at: datetime) -> dict[str, int]:
    """Resolve what belongs to ended incidents; return the last alert of each key."""
    with connection.cursor() as cursor:
        cursor.execute(_END, {"keys": list(groups), "at": at, "by": BY_ITSELF, "ended": ENDED})
        return dict(cursor.fetchall())


def _alarm(ids: Iterable[int], places: Mapping[str, Place], *, at: datetime) -> None:
    """Say of each alert without an incident whether a rule makes it an alarm."""
    rows = Alert.objects.filter(pk__in=list(ids), incident=None, alarm="").exclude(asset="")
    waiting = list(rows.values_list("pk", "asset", "weight"))
    if not waiting:
        return
    recent = Alert.objects.filter(
        asset__in={asset for _, asset, _ in waiting},
        state=AlertState.OPEN,
        last_seen_at__gt=at - MANY_WITHIN,
    )
    rules: dict[str, set[str]] = defaultdict(set)
    for asset, rule in recent.values_list("asset", "rule"):
        rules[asset].add(rule)
    for key, asset, weight in waiting:
        place = places.get(asset)
        why = alarm(
            Weight(weight),
            is_restricted=bool(place and place.is_restricted),
            criticality=place.criticality if place else None,
            rules_of_asset=len(rules[asset]),
        )
        if why:
            Alert.objects.filter(pk=key, alarm="").update(alarm=why)


@transaction.atomic
def resolve(alert: Alert, *, reason: str, by: Actor, at: datetime) -> None:
    """Say that ``alert`` is nothing, or dealt with; the next signal of its kind opens another.

    Raises:
        NotAllowed: ``by`` may not.
        Refused: no reason is given, or it belongs to an incident that runs.
        Conflict: it is resolved already.
    """
    require(by, Act.ALERT_RESOLVE, alert, at=at)
    reason = " ".join(reason.split())[:300]
    if not reason:
        raise Refused("Say why: a resolved alert tells the next one what it was.")
    rows = Alert.objects.filter(pk=alert.pk, state=AlertState.OPEN)
    if rows.filter(~Q(incident=None) & ~Q(incident__phase__in=ENDED)).exists():
        raise Refused("It belongs to an incident that runs: close or dismiss that.")
    if not rows.update(
        state=AlertState.RESOLVED, resolved_at=at, resolved_by=by.ref, reason=reason
    ):
        raise Conflict("This alert is resolved already.")
    audit.record(by=by, act=Act.ALERT_RESOLVE, ref=alert.ref, at=at, reason=reason)


def _move(alert: Alert, found: Place) -> None:
    """Let later signals count for ``alert``, unless another one is open for the same by now."""
    key = dedup_key(alert.environment, found.asset, alert.rule, Weight(alert.weight))
    taken = Alert.objects.filter(dedup_key=key, state=AlertState.OPEN).exclude(pk=alert.pk).exists()
    Alert.objects.filter(pk=alert.pk).update(
        asset=found.asset,
        site_id=found.site or alert.site_id,
        dedup_key=alert.dedup_key if taken else key,
    )


@transaction.atomic
def place(alert: Alert, asset: str, *, by: Actor, at: datetime) -> None:
    """Say which asset the name in ``alert`` means; later signals with that name find it.

    Raises:
        NotAllowed: ``by`` may not.
        BadInput: there is no such asset, or the alert names none.
    """
    require(by, Act.ALERT_PLACE, alert, at=at)
    found = sensed.assets([asset]).get(asset.strip().casefold())
    if found is None:
        raise BadInput("No live asset has this name or reference, or several have.")
    if not alert.asset_name:
        raise BadInput("This alert names nothing that an asset could be called by.")
    AssetName.objects.update_or_create(
        name=alert.asset_name.casefold(),
        defaults={"asset": found.asset, "stated_by": by.ref, "stated_at": at},
    )
    same = Alert.objects.filter(asset_name__iexact=alert.asset_name, asset="")
    for row in same.filter(state=AlertState.OPEN).order_by("id"):
        _move(row, found)
    _alarm(
        Alert.objects.filter(pk=alert.pk).values_list("pk", flat=True),
        {found.asset: found},
        at=at,
    )
    audit.record(
        by=by, act=Act.ALERT_PLACE, ref=alert.ref, at=at, asset=found.asset, name=alert.asset_name
    )
