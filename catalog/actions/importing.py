"""Taking in a sheet of the inventory: what it changes, and nothing else, in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from catalog.actions import assigning, classifying, describing, listing
from catalog.domain.inventory import STATED, Line
from catalog.domain.labels import Level
from catalog.errors import InventoryMoved, NoReason
from catalog.models import Asset, RetentionRule, Zone
from catalog.queries import judging
from governance.domain.actor import Actor
from governance.errors import Refused
from governance.models import Site, User


@dataclass(frozen=True, slots=True)
class Imported:
    """How much was written."""

    new: int
    changed: int
    refused: int


Chosen = dict[str, list[int]]


@transaction.atomic
def apply(
    lines: tuple[Line, ...], *, digest: str, reason: str, by: Actor, at: datetime
) -> Imported:
    """Write what `judging.plan` finds valid in ``lines``; rows that it refuses are left out.

    ``digest`` is the mark of the plan that was seen and agreed to. Each change is made by the
    action that a single asset takes, for all assets that get the same value at once.

    Raises:
        InventoryMoved: the plan is another one now.
        NoReason: no reason given.
        Refused: nothing is to be written.
        NotAllowed: the policy refuses what the plan foresaw; then nothing is written.
    """
    if not reason.strip():
        raise NoReason("Say why: the reason stands in the audit log with each change.")
    _hold(lines)
    plan = judging.plan(lines, by=by, at=at)
    if plan.digest != digest:
        raise InventoryMoved("The catalog has changed since the preview: look at it again.")
    valid = list(plan.valid())
    if not valid:
        raise Refused("Nothing in this file is to be written.")
    said: dict[str, Any] = {"reason": reason, "by": by, "at": at}
    made = [row.made for row in valid if row.made is not None]
    ids = listing.add(made, **said) if made else {}
    wanted: dict[str, Chosen] = {}
    for row in valid:
        key = ids[row.made.system, row.made.fqn] if row.made is not None else row.asset
        assert key is not None, "a valid row is about an asset"
        for change in row.changes:
            wanted.setdefault(change.column, {}).setdefault(change.target, []).append(key)
    _write(wanted, said)
    counts = plan.counts
    return Imported(counts["new"], counts["changed"], counts["refused"])


def _hold(lines: tuple[Line, ...]) -> None:
    """Let nobody change between judging and writing the assets that are named by number."""
    keys = [word for line in lines if (word := line.cells.get("id", "").strip()).isdecimal()]
    rows = Asset.objects.filter(pk__in=[int(word) for word in keys if len(word) < 19])
    list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))


def _write(wanted: Mapping[str, Chosen], said: dict[str, Any]) -> None:
    steps = _steps(wanted, said)
    # Labels come last: owners are judged by the level that they find.
    for column in ("criticality", *STATED, "level"):
        for target, keys in wanted.get(column, {}).items():
            steps[column](Asset.objects.filter(pk__in=keys), target)
    texts = {key: text for text, keys in wanted.get("description", {}).items() for key in keys}
    if texts:
        describing.describe(texts, **said)


def _steps(
    wanted: Mapping[str, Chosen], said: dict[str, Any]
) -> dict[str, Callable[[QuerySet[Asset], str], object]]:
    def targets(*columns: str) -> set[str]:
        return {target for column in columns for target in wanted.get(column, {}) if target}

    mentioned = targets("owner", "technical_owner", "steward")
    people = {str(one.pk): one for one in User.objects.filter(pk__in=mentioned)}
    sites = {str(one.pk): one for one in Site.objects.filter(pk__in=targets("site"))}
    zones = {
        str(one.pk): one
        for one in Zone.objects.filter(pk__in=targets("zone")).select_related("site")
    }
    rules = {str(one.pk): one for one in RetentionRule.objects.filter(pk__in=targets("retention"))}
    return {
        "criticality": lambda rows, to: describing.weigh(
            rows, criticality=int(to) if to else None, **said
        ),
        "site": lambda rows, to: assigning.locate(rows, site=sites[to] if to else None, **said),
        "zone": lambda rows, to: assigning.place(rows, zone=zones[to] if to else None, **said),
        "owner": lambda rows, to: assigning.own(rows, owner=people[to] if to else None, **said),
        "technical_owner": lambda rows, to: assigning.run(
            rows, owner=people[to] if to else None, **said
        ),
        "steward": lambda rows, to: assigning.tend(
            rows, steward=people[to] if to else None, **said
        ),
        "retention": lambda rows, to: assigning.retain(
            rows, rule=rules[to] if to else None, **said
        ),
        "level": lambda rows, to: classifying.state(
            rows, level=Level(int(to)), category="", **said
        ),
    }
