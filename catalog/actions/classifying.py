"""Labels: proposed by rules, decided by people, and never taken back by a rule."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet

from catalog import staging
from catalog.actions import settling
from catalog.actions.scopes import require_all
from catalog.detectors import names
from catalog.domain.labels import Level, floor
from catalog.errors import AlreadyDecided, NoReason
from catalog.models import Asset, LabelAssertion, Status
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain import fqn
from governance.domain.actor import Actor
from governance.models import GovernedSystem

UNTOLD = 0.5
"""Confidence that data are internal when nothing in a name speaks for more."""

_STAGED = {
    "asset_id": "bigint",
    "level": "smallint",
    "category": "text",
    "rule": "text",
    "confidence": "float8",
    "evidence": "text",
}
_ALL_COLUMNS = """
SELECT a.id, a.fqn, a.physical_type FROM catalog_asset a
 WHERE a.system_id = %(system)s AND a.kind = 'column' AND a.gone_at IS NULL
"""
_TOUCHED_COLUMNS = """
SELECT s.id, s.fqn, s.physical_type FROM pg_temp.harvested s
 WHERE s.kind = 'column' AND s.state <> 'unchanged'
"""
_PROPOSE = """
INSERT INTO catalog_labelassertion AS l
       (asset_id, polarity, level, category, source, rule, confidence, evidence, status,
        proposed_at, actor, reason)
SELECT p.asset_id, 'is', p.level, p.category, 'name', p.rule, p.confidence, p.evidence::jsonb,
       'proposed', %(at)s, '', ''
  FROM pg_temp.proposed p
    ON CONFLICT (asset_id, category, source, polarity) DO UPDATE
   SET level = excluded.level, rule = excluded.rule, confidence = excluded.confidence,
       evidence = excluded.evidence, status = 'proposed', proposed_at = excluded.proposed_at
 WHERE l.status IN ('proposed', 'superseded')
   AND (l.level, l.rule, l.confidence, l.evidence, l.status)
       IS DISTINCT FROM
       (excluded.level, excluded.rule, excluded.confidence, excluded.evidence, 'proposed')
"""
_SUPERSEDE = """
UPDATE catalog_labelassertion l SET status = 'superseded'
 WHERE l.source = 'name' AND l.status = 'proposed'
   AND EXISTS (SELECT FROM pg_temp.proposed p WHERE p.asset_id = l.asset_id)
   AND NOT EXISTS (SELECT FROM pg_temp.proposed p
                    WHERE p.asset_id = l.asset_id AND p.category = l.category)
"""
_STATE = """
INSERT INTO catalog_labelassertion
       (asset_id, polarity, level, category, source, rule, confidence, evidence, status,
        proposed_at, actor, decided_at, reason)
SELECT id, 'is', %(level)s, %(category)s, 'human', '', 1, '[]', 'accepted',
       %(at)s, %(actor)s, %(at)s, %(reason)s
  FROM unnest(%(assets)s::bigint[]) id
    ON CONFLICT (asset_id, category, source, polarity) DO UPDATE
   SET level = excluded.level, polarity = 'is', status = 'accepted', actor = excluded.actor,
       decided_at = excluded.decided_at, reason = excluded.reason
"""


def rules() -> str:
    """Return the identity of the rules in use; another one makes every column new to them."""
    return f"names/{names.dictionary().version}"


@transaction.atomic
def propose(system: GovernedSystem, *, by: Actor, at: datetime) -> int:
    """Let the rules look at every column of ``system`` again; return how many labels changed.

    Raises:
        NotAllowed: ``by`` may not propose labels there.
    """
    probe = LabelAssertion(asset=Asset(system=system, site=system.site))
    require(by, Act.LABEL_PROPOSE, probe, at=at)
    count = look(system, at=at)
    if count:
        audit.record(by=by, act=Act.LABEL_PROPOSE, ref=system.ref, at=at, labels=count)
    return count


def look(
    system: GovernedSystem,
    *,
    at: datetime,
    only_harvested: bool = False,
    moved: Iterable[int] = (),
) -> int:
    """Propose and settle labels inside a running action; return how many proposals changed.

    ``only_harvested`` limits the look to the columns that the harvest of this very
    transaction found new or changed; ``moved`` are assets into which data flow otherwise now.
    """
    columns = staging.run(
        _TOUCHED_COLUMNS if only_harvested else _ALL_COLUMNS, {"system": system.pk}
    )
    changed = 0
    if columns:
        staging.load("proposed", _STAGED, _proposals(columns))
        for statement in (_PROPOSE, _SUPERSEDE):
            changed += staging.run(statement, {"at": at})[0][0]
    settling.label_system(system.pk, at=at, seeds=moved)
    return changed


def _proposals(columns: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for asset, full_name, physical_type in columns:
        path = fqn.split(full_name)
        found = names.propose(path[-1], context=path[1:-1], physical_type=physical_type)
        for proposal in found:
            yield (
                asset,
                proposal.level.value,
                proposal.category,
                proposal.rule,
                proposal.confidence,
                json.dumps(proposal.evidence),
            )
        if not found:
            yield asset, Level.INTERNAL.value, "", f"{rules()}:none", UNTOLD, "[]"


@transaction.atomic
def decide(
    labels: QuerySet[LabelAssertion], *, accept: bool, reason: str, by: Actor, at: datetime
) -> int:
    """Accept or reject the open proposals among ``labels``; return how many.

    Where a rejection leaves an asset without any label, it becomes internal by the word
    of ``by``: rejected is not unknown.

    Raises:
        NotAllowed: ``by`` may not decide about one of them; then none is decided.
        NoReason: a rejection without a reason.
        AlreadyDecided: none of them is open.
    """
    if not accept and not reason.strip():
        raise NoReason("A rejection needs a reason.")
    keys = list(labels.order_by().filter(status=Status.PROPOSED).values_list("pk", flat=True))
    rows = LabelAssertion.objects.filter(pk__in=keys)
    require_all(by, Act.LABEL_DECIDE, rows, at=at)
    status = Status.ACCEPTED if accept else Status.REJECTED
    count = rows.filter(status=Status.PROPOSED).update(
        status=status, actor=by.ref, decided_at=at, reason=reason
    )
    if not count:
        raise AlreadyDecided("These proposals were decided already.")
    decided = rows.filter(status=status, decided_at=at, actor=by.ref)
    if not accept:
        _state(_unlabeled(decided), level=Level.INTERNAL, category="", reason=reason, by=by, at=at)
    settling.label_assets(_assets_of(decided), at=at)
    for system in _systems(decided.values("asset__system")):
        theirs = decided.filter(asset__system=system).order_by()
        audit.record(
            by=by,
            act=Act.LABEL_DECIDE,
            ref=theirs.get().asset.ref if theirs.count() == 1 else system.ref,
            at=at,
            status=status,
            reason=reason or None,
            labels=dict(theirs.values_list("category").annotate(n=Count("pk"))),
        )
    return count


@transaction.atomic
def state(
    assets: QuerySet[Asset],
    *,
    level: Level,
    category: str,
    reason: str,
    by: Actor,
    at: datetime,
) -> int:
    """Say what ``assets`` hold, above what rules propose; return how many were labeled.

    The level is lifted to the floor of the category.

    Raises:
        NotAllowed: ``by`` may not decide about one of them.
        NoReason: no reason given.
        ValueError: ``category`` is not a category key.
    """
    if not reason.strip():
        raise NoReason("A label by a person needs a reason.")
    level = max(level, floor([category])) if category else level
    live = assets.filter(gone_at=None)
    probe = LabelAssertion(asset=Asset())
    keys = list(live.order_by().values_list("pk", flat=True))
    for row in (
        Asset.objects.filter(pk__in=keys)
        .select_related("site")
        .order_by("site_id", "pk")
        .distinct("site_id")
    ):
        probe.asset = row
        require(by, Act.LABEL_DECIDE, probe, at=at)
    _state(keys, level=level, category=category, reason=reason, by=by, at=at)
    labeled = Asset.objects.filter(pk__in=keys)
    settling.label_assets(keys, at=at)
    for system in _systems(labeled.values("system")):
        audit.record(
            by=by,
            act=Act.LABEL_DECIDE,
            ref=labeled.get().ref if len(keys) == 1 else system.ref,
            at=at,
            level=level.slug,
            category=category or None,
            reason=reason,
            assets=labeled.filter(system=system).count(),
        )
    return len(keys)


def _state(
    assets: list[int], *, level: Level, category: str, reason: str, by: Actor, at: datetime
) -> None:
    staging.run(
        _STATE,
        {
            "assets": assets,
            "level": level.value,
            "category": category,
            "actor": by.ref,
            "at": at,
            "reason": reason,
        },
    )


def _unlabeled(rejected: QuerySet[LabelAssertion]) -> list[int]:
    """Return the assets of ``rejected`` on which no label is left."""
    assets = set(rejected.order_by().values_list("asset", flat=True))
    held = LabelAssertion.objects.filter(
        asset__in=assets, status__in=[Status.PROPOSED, Status.ACCEPTED], polarity="is"
    )
    return sorted(assets - set(held.order_by().values_list("asset", flat=True)))


def _assets_of(labels: QuerySet[LabelAssertion]) -> list[int]:
    return list(labels.order_by().values_list("asset", flat=True).distinct())


def _systems(systems: QuerySet[Any, Any]) -> QuerySet[GovernedSystem]:
    return GovernedSystem.objects.filter(pk__in=systems.order_by().distinct())
