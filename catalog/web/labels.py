"""Labels on the page of an asset: what is said of it, what flowed in and how, and forms."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_date
from django.utils.timezone import make_aware
from django.views.decorators.http import require_POST

from catalog.actions import classifying, lowering
from catalog.domain.assets import AssetKind
from catalog.domain.labels import FLOORS, Level
from catalog.domain.propagation import Step
from catalog.models import Asset, LabelAssertion, Polarity, Status
from catalog.models.label import CLASSIFIER
from catalog.permissions import Act
from catalog.queries import labels, lineage
from catalog.web import found
from governance import access
from governance.board import when, who
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from governance.models import User

MOST_SOURCES = 5_000
"""Assets upstream that a page looks at."""
MOST_BELOW = 5_000
USUAL_TERM = timedelta(days=90)
_WORDS = {
    Status.PROPOSED: "to review",
    Status.ACCEPTED: "accepted",
    Status.REJECTED: "rejected",
    Status.SUPERSEDED: "no longer proposed",
}
_SOURCES = {
    "name": "Name",
    "value": "Sampled values",
    "group": "Columns that stand together",
    "odcs": "Contract",
    "import": "Import",
}
_FUSED = {
    "agree": "Name and values agree.",
    "lineage": "The name agrees with what was accepted where the data come from.",
    "check_digits": "Check digits rule out chance.",
    "disagree": "The sources say different things.",
    "contract": "The contract says otherwise.",
    "person": "A person decided otherwise before: look at both.",
}


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A label with its why, in words."""

    pk: int
    level: str
    category: str
    why: str
    status: str
    state: str
    lowers: bool = False
    until: datetime | None = None
    may_decide: bool = False
    """Whether the reader may decide about it; about a lowering, only as the second person."""


@dataclass(frozen=True, slots=True)
class StopLine:
    """One asset on the way of a label, and the mask of the edge by which the label left it."""

    pk: int | None
    name: str
    mask: str


@dataclass(frozen=True, slots=True)
class WayLine:
    """How a level or a category came here."""

    what: str
    stops: list[StopLine]


def of(asset: Asset, by: Actor, at: datetime) -> dict[int, list[LabelLine]]:
    """Return the labels of the asset and of its columns, by asset."""
    rows = access.visible(
        LabelAssertion.objects.filter(
            Q(asset=asset) | Q(asset__parent=asset, asset__kind=AssetKind.COLUMN.value),
            asset__gone_at=None,
        ).exclude(status=Status.SUPERSEDED),
        to=by,
        act=Act.LABEL_READ,
        at=at,
    )
    people = _names(rows)
    may_decide = access.allows(by, Act.LABEL_DECIDE, LabelAssertion(asset=asset), at=at)
    lines: dict[int, list[LabelLine]] = {}
    for row in rows.order_by("-level", "-confidence", "pk"):
        lowers = row.polarity == Polarity.IS_NOT
        is_open = row.status == Status.PROPOSED and not (row.expires_at and row.expires_at <= at)
        lines.setdefault(row.asset_id, []).append(
            LabelLine(
                pk=row.pk,
                level=Level(row.level).slug,
                category=row.category,
                why=_why(row, people),
                status=row.status,
                state=_WORDS[Status(row.status)],
                lowers=lowers,
                until=row.expires_at,
                may_decide=may_decide and is_open and not (lowers and row.proposed_by == by.ref),
            )
        )
    return lines


def explained(
    asset: Asset, own: list[LabelLine], by: Actor, *, at: datetime, is_leaf: bool
) -> dict[str, Any]:
    """Return what ``labels.html`` needs beside the asset's own lines.

    Ways are asked for where labels arrive, at a leaf; what holds others shows theirs.
    """
    ways, complete = _ways(asset, by, at) if is_leaf else ([], True)
    probe = LabelAssertion(asset=asset)
    return {
        "own": own,
        "ways": ways,
        "is_complete": complete,
        "is_pending": asset.is_pending,
        "may_state": not asset.gone_at and access.allows(by, Act.LABEL_DECIDE, probe, at=at),
        "may_lower": not asset.gone_at
        and asset.level is not None
        and access.allows(by, Act.LABEL_LOWER, probe, at=at),
        "levels": [level.slug for level in Level],
        "lower_levels": [level.slug for level in Level if level < (asset.level or 0)],
        "held": asset.categories,
        "known": sorted({*FLOORS, *asset.categories}),
        "until": (at + USUAL_TERM).date(),
        "first": (at + timedelta(days=1)).date(),
        "last": (at + lowering.LONGEST).date(),
    }


def _names(rows: QuerySet[LabelAssertion]) -> dict[str, str]:
    refs = {ref for pair in rows.order_by().values_list("actor", "proposed_by") for ref in pair}
    keys = [ref.removeprefix("user:") for ref in refs if ref.startswith("user:")]
    people = User.objects.filter(pk__in=keys).values_list("pk", "name")
    return {CLASSIFIER: "Accepted by rule", **{f"user:{pk}": name for pk, name in people}}


def _why(row: LabelAssertion, names: dict[str, str]) -> str:
    """Say what speaks for the label, and who decided."""
    day = f"{row.decided_at:%b} {row.decided_at.day}, {row.decided_at:%Y}" if row.decided_at else ""
    rule = _FUSED.get(row.reason.partition(":")[2]) if row.reason.startswith("fusion/") else None
    if row.polarity == Polarity.IS_NOT:
        why = f"{names.get(row.proposed_by, row.proposed_by)} proposes: {row.reason}."
    elif row.source == "human":
        why = "Stated by a person."
    elif not row.category:
        why = "Nothing in the name speaks for more."
    else:
        source = _SOURCES[row.source]
        if row.source == "name" and row.confidence < 0.9:
            source = "Name, in its surroundings"
        joint = " + " if row.source == "name" else ", "
        why = f"{source}: {joint.join(map(str, row.evidence)) or row.rule}."
    if rule:
        why += f" {rule}"
    if row.decided_at is not None:
        is_said = row.reason and not rule and row.polarity == Polarity.IS
        said = f": {row.reason}" if is_said else ""
        why += f" {names.get(row.actor, row.actor)}, {day}{said}."
    return why.replace("..", ".")


def _ways(asset: Asset, by: Actor, at: datetime) -> tuple[list[WayLine], bool]:
    """Return the ways by which what is not said of the asset itself came to it."""
    causes = lineage.causes(asset.pk, at=at, most=MOST_SOURCES)
    ways = {what: way for what, way in causes.ways.items() if len(way) > 1}
    kept = {
        what: way
        for what, way in ways.items()
        # A whole that came the same way as its part says nothing more.
        if not (what and any(o.startswith(f"{what}.") and w == way for o, w in ways.items()))
    }
    shown = _shown((abs(step.node) for way in kept.values() for step in way), by, at)
    lines = []
    for what, way in kept.items():
        stops = [_stop(step, shown) for step in way]
        lines.append(WayLine(what or f"level {asset.level_name}", stops))
    return lines, causes.complete


def _shown(nodes: Iterable[int], by: Actor, at: datetime) -> dict[int, str]:
    rows = access.visible(Asset.objects.filter(pk__in=set(nodes)), to=by, act=Act.ASSET_READ, at=at)
    return dict(rows.order_by().values_list("pk", "fqn"))


def _stop(step: Step, shown: dict[int, str]) -> StopLine:
    name = shown.get(abs(step.node))
    if name is None:
        return StopLine(None, "an asset that you may not see", step.mask)
    return StopLine(abs(step.node), f"all of {name}" if step.node < 0 else name, step.mask)


@login_required
@require_POST
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the asset holds, and tell what changed below it."""
    asset = found.asset(request, pk)
    level, category = request.POST.get("level", ""), request.POST.get("category", "").strip()
    before = labels.below(asset.pk, most=MOST_BELOW)
    try:
        classifying.state(
            Asset.objects.filter(pk=asset.pk),
            level=Level.of(level),
            category=category[:80],
            reason=request.POST.get("reason", "").strip()[:300],
            by=who(request),
            at=when(request),
        )
    except ValueError as error:
        messages.error(request, f"{str(error).capitalize()}. Nothing was changed.")
    except (Refused, Conflict) as error:
        messages.error(request, f"{error.detail} Nothing was changed.")
    else:
        messages.success(request, f"{asset.name} is labeled. {_changed(asset.pk, before)}")
    return redirect("catalog:asset", pk=pk)


@login_required
@require_POST
def lower(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose that the asset is less sensitive than it looks."""
    asset, at = found.asset(request, pk), when(request)
    kind, _, name = request.POST.get("what", "").partition(":")
    day = parse_day(request.POST.get("until", ""))
    try:
        lowering.lower(
            asset,
            category=name[:80] if kind == "category" else "",
            level=Level.of(name) if kind == "level" else None,
            reason=request.POST.get("reason", "").strip()[:300],
            until=day or at,
            by=who(request),
            at=at,
        )
    except ValueError as error:
        messages.error(request, f"{str(error).capitalize()}. Nothing was changed.")
    except (Refused, Conflict) as error:
        messages.error(request, f"{error.detail} Nothing was changed.")
    else:
        messages.success(request, "It waits for a second person; until then nothing changes.")
    return redirect("catalog:asset", pk=pk)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int, label: int) -> HttpResponse:
    """Decide about one label of the asset, and tell what changed below it."""
    asset = found.asset(request, pk)
    before = labels.below(asset.pk, most=MOST_BELOW)
    try:
        classifying.decide(
            LabelAssertion.objects.filter(asset=asset, pk=label),
            accept=request.POST.get("verdict") == "accept",
            reason=request.POST.get("reason", "").strip()[:300],
            by=who(request),
            at=when(request),
        )
    except (Refused, Conflict) as error:
        messages.error(request, f"{error.detail} Nothing was changed.")
    else:
        messages.success(request, f"Decided. {_changed(asset.pk, before)}")
    return redirect("catalog:asset", pk=pk)


def parse_day(text: str) -> datetime | None:
    """Return the first instant of the day after ``text``, so that the day itself belongs to it."""
    try:
        day = parse_date(text.strip())
    except ValueError:
        return None
    return (
        make_aware(datetime.combine(day + timedelta(days=1), datetime.min.time())) if day else None
    )


def _changed(pk: int, before: dict[int, labels.Stored] | None) -> str:
    after = labels.below(pk, most=MOST_BELOW)
    if before is None or after is None:
        return "What is made of it follows in a while."
    count = sum(1 for key, label in after.items() if before.get(key) != label)
    return f"{count:,} {'asset' if count == 1 else 'assets'} below changed."
