"""Labels: proposed by rules, decided by people, and never taken back by a rule."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Count, F, Q, QuerySet, Value, When

from catalog.actions import proposing, settling
from catalog.actions.proposing import Judged
from catalog.actions.scopes import require_all
from catalog.domain.labels import Level, floor
from catalog.errors import AlreadyDecided, NoReason, OwnLowering
from catalog.models import Asset, LabelAssertion, Polarity, Status, Term
from catalog.models.label import CLASSIFIER
from catalog.permissions import Act
from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.models import GovernedSystem
from governance.postgresql import staging

_STATE = """
INSERT INTO catalog_labelassertion
       (asset_id, polarity, level, category, source, rule, confidence, evidence, status,
        proposed_at, proposed_by, actor, decided_at, reason)
SELECT id, 'is', %(level)s, %(category)s, 'human', '', 1, '[]', 'accepted',
       %(at)s, %(actor)s, %(actor)s, %(at)s, %(reason)s
  FROM unnest(%(assets)s::bigint[]) id
    ON CONFLICT (asset_id, category, source, polarity) DO UPDATE
   SET level = excluded.level, status = 'accepted', actor = excluded.actor,
       decided_at = excluded.decided_at, reason = excluded.reason
"""


@transaction.atomic
def propose(
    system: GovernedSystem, *, by: Actor, at: datetime, judged: Judged | None = None
) -> int:
    """Let the rules look at every column of ``system`` again; return how many labels changed.

    ``judged`` is what sampled values speak for; None leaves what values said before.

    Raises:
        NotAllowed: ``by`` may not propose labels there.
    """
    probe = LabelAssertion(asset=Asset(system=system, site=system.site))
    require(by, Act.LABEL_PROPOSE, probe, at=at)
    count = proposing.look(system, at=at, judged=judged)
    if count:
        audit.record(by=by, act=Act.LABEL_PROPOSE, ref=system.ref, at=at, labels=count)
    return count


@transaction.atomic
def decide(
    labels: QuerySet[LabelAssertion], *, accept: bool, reason: str, by: Actor, at: datetime
) -> int:
    """Accept or reject the open proposals among ``labels``; return how many.

    What rules have accepted can still be rejected. A label that lowers is accepted by a person
    other than the one who proposed it, and before it ends. Where a rejection leaves an asset
    without any label, it becomes internal by the word of ``by``: rejected is not unknown.

    Raises:
        NotAllowed: ``by`` may not decide about one of them; then none is decided.
        NoReason: a rejection without a reason.
        AlreadyDecided: none of them is open.
        OwnLowering: one of them lowers and ``by`` proposed it, or is no person.
    """
    if not accept and not reason.strip():
        raise NoReason("A rejection needs a reason.")
    undecided = Q(status=Status.PROPOSED) & (Q(expires_at=None) | Q(expires_at__gt=at))
    if not accept:
        undecided |= Q(status=Status.ACCEPTED, actor=CLASSIFIER)
    keys = list(labels.order_by().filter(undecided).values_list("pk", flat=True))
    rows = LabelAssertion.objects.filter(pk__in=keys)
    require_all(by, Act.LABEL_DECIDE, rows, at=at)
    lowering = rows.filter(polarity=Polarity.IS_NOT)
    if accept and lowering.exists() and (by.is_service or lowering.filter(proposed_by=by.ref)):
        raise OwnLowering("A label that lowers is accepted by a second person.")
    status = Status.ACCEPTED if accept else Status.REJECTED
    kept = Q(polarity=Polarity.IS_NOT) if accept else Q(pk__in=[])
    count = rows.filter(undecided).update(
        status=status,
        actor=by.ref,
        decided_at=at,
        # Why it is lowered was said by the first person; what the second adds is in the log.
        reason=Case(When(kept, then=F("reason")), default=Value(reason)),
    )
    if not count:
        raise AlreadyDecided("These proposals were decided already.")
    decided = rows.filter(status=status, decided_at=at, actor=by.ref)
    if not accept:
        _state(
            _unlabeled(decided.filter(polarity=Polarity.IS)),
            level=Level.INTERNAL,
            category="",
            reason=reason,
            by=by,
            at=at,
        )
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

    The level is lifted to the floor of the category; of a retired one it is the one in its place.

    Raises:
        NotAllowed: ``by`` may not decide about one of them.
        NoReason: no reason given.
        ValueError: ``category`` is not a category key.
    """
    if not reason.strip():
        raise NoReason("A label by a person needs a reason.")
    category = Term.objects.replaced().get(category, category)
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
