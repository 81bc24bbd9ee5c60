"""Closing many gaps of the baseline in one go: what can be done is done, the rest is named."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from catalog.actions import assigning, classifying
from catalog.errors import NoReason
from catalog.models import Asset, LabelAssertion, RetentionRule, Status, Zone
from catalog.permissions import Act
from governance import access
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import Site, User

MOST_ASSETS = 500
"""Assets that one go takes; more are more goes, so that the answer can be read."""


@dataclass(frozen=True, slots=True)
class Fix:
    """What is to be stated on each asset; None leaves a thing as it is."""

    owner: User | None = None
    technical_owner: User | None = None
    retention: RetentionRule | None = None
    site: Site | None = None
    zone: Zone | None = None
    accept_labels: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether nothing at all is to be done."""
        return not self.accept_labels and not any(
            (self.owner, self.technical_owner, self.retention, self.site, self.zone)
        )


@dataclass(slots=True)
class Outcome:
    """What was done to how many assets, and what was refused, to which, and why."""

    done: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    """What was to be set, the asset, and why it was not."""


Step = Callable[[QuerySet[Asset]], int]


@transaction.atomic
def fix(assets: QuerySet[Asset], *, what: Fix, reason: str, by: Actor, at: datetime) -> Outcome:
    """Do to each of ``assets`` what can be done of ``what``; the rest is refused asset by asset.

    Every step is the action that a single asset takes, with its own permission and record.

    Raises:
        NoReason: no reason given.
        Refused: nothing is to be done, to no asset, or to more than 500.
    """
    if not reason.strip():
        raise NoReason("Say why, once for all of them.")
    keys = list(assets.order_by("fqn", "pk").values_list("pk", flat=True)[: MOST_ASSETS + 1])
    if what.is_nothing:
        raise Refused("Choose what to set, or to accept the labels.")
    if not keys:
        raise Refused("Tick the assets to set it on.")
    if len(keys) > MOST_ASSETS:
        raise Refused(f"At most {MOST_ASSETS} assets go at once.")
    outcome = Outcome()
    for name, act, step in _steps(what, reason=reason, by=by, at=at):
        allowed = _allowed(keys, name, act, outcome, by=by, at=at)
        _spread(name, allowed, step, outcome)
    return outcome


def _steps(what: Fix, *, reason: str, by: Actor, at: datetime) -> list[tuple[str, Act, Step]]:
    # The site comes first: a zone takes assets of its own site only.
    steps: list[tuple[str, Act, Step]] = []
    site, zone, rule = what.site, what.zone, what.retention
    owner, technical = what.owner, what.technical_owner
    stated: dict[str, Any] = {"reason": reason, "by": by, "at": at}
    if site:
        steps.append(
            ("site", Act.ASSET_ASSIGN, lambda rows: assigning.locate(rows, site=site, **stated))
        )
    if zone:
        steps.append(
            ("zone", Act.ASSET_ASSIGN, lambda rows: assigning.place(rows, zone=zone, **stated))
        )
    if owner:
        steps.append(
            ("business owner", Act.ASSET_ASSIGN,
             lambda rows: assigning.own(rows, owner=owner, **stated))
        )  # fmt: skip
    if technical:
        steps.append(
            ("technical owner", Act.ASSET_ASSIGN,
             lambda rows: assigning.run(rows, owner=technical, **stated))
        )  # fmt: skip
    if rule:
        steps.append(
            ("retention", Act.ASSET_ASSIGN,
             lambda rows: assigning.retain(rows, rule=rule, **stated))
        )  # fmt: skip
    if what.accept_labels:
        steps.append(
            ("labels", Act.LABEL_DECIDE, lambda rows: _accept(rows, reason=reason, by=by, at=at))
        )
    return steps


def _accept(rows: QuerySet[Asset], *, reason: str, by: Actor, at: datetime) -> int:
    """Accept the open proposals of ``rows`` and of their columns; return of how many assets."""
    keys = list(rows.values_list("pk", flat=True))
    labels = LabelAssertion.objects.filter(
        Q(asset__in=keys) | Q(asset__parent__in=keys, asset__gone_at=None), status=Status.PROPOSED
    )
    with_labels = {
        parent if parent in keys else asset
        for asset, parent in labels.values_list("asset", "asset__parent")
    }
    without = rows.exclude(pk__in=with_labels).filter(is_classified=False).first()
    if without is not None:
        raise Refused(f"{without}: no label is proposed; state one on its own page.")
    if with_labels:
        classifying.decide(labels, accept=True, reason=reason, by=by, at=at)
    return len(keys)


def _allowed(
    keys: list[int], name: str, act: Act, outcome: Outcome, *, by: Actor, at: datetime
) -> list[int]:
    """Return the assets on which ``by`` may do ``act``; the others are refused on the record."""
    rows = Asset.objects.filter(pk__in=keys).select_related("site").order_by("fqn", "pk")
    if act is Act.LABEL_DECIDE:
        # The policy knows of a label nothing but where it stands: one question for each site.
        held = {
            row.site_id: _refusal(by, act, LabelAssertion(asset=row), at)
            for row in rows.order_by("site_id", "pk").distinct("site_id")
        }
        why = {row.pk: held[row.site_id] for row in rows}
    else:
        seen = access.visible(rows.order_by(), to=by, act=act, at=at)
        hidden = rows.exclude(pk__in=seen.values("pk"))
        why = {row.pk: _refusal(by, act, row, at) for row in hidden}
    outcome.refused += [(name, str(row), why[row.pk]) for row in rows if why.get(row.pk)]
    return [key for key in keys if not why.get(key)]


def _refusal(by: Actor, act: Act, asked: Asset | LabelAssertion, at: datetime) -> str:
    """Return why ``by`` may not, on the record; empty where they may."""
    try:
        access.foresee(by, act, asked, at=at)
    except NotAllowed as error:
        return error.detail
    return ""


def _spread(name: str, keys: list[int], step: Step, outcome: Outcome) -> None:
    """Do ``step`` to all of ``keys`` at once; where that is refused, to each half, and so on."""
    if not keys:
        return
    rows = Asset.objects.filter(pk__in=keys)
    try:
        with transaction.atomic():
            step(rows)
    except NotAllowed as error:
        # Not for want of a right on the assets: the target itself is out of reach.
        outcome.refused += [(name, str(row), error.detail) for row in rows.order_by("fqn", "pk")]
    except (Refused, Conflict) as error:
        if len(keys) == 1:
            outcome.refused.append((name, str(rows.get()), error.detail))
            return
        middle = len(keys) // 2
        _spread(name, keys[:middle], step, outcome)
        _spread(name, keys[middle:], step, outcome)
    else:
        outcome.done[name] = outcome.done.get(name, 0) + len(keys)
