"""Labels on real rows: working out a part gives what working out everything would give."""

import random
from datetime import datetime, timedelta

import pytest
from django.db import connection

from catalog.actions import classifying, lowering, propagating, settling
from catalog.domain.labels import Level
from catalog.models import Asset, Edge, LabelAssertion
from governance import boundary
from governance.domain.actor import Actor
from tests.builders.catalog import NOW, a_column, a_label, an_asset
from tests.builders.governance import a_member, a_system

pytestmark = pytest.mark.django_db

EDITS, CHECKED_EVERY = 300, 20
CATEGORIES = ("user.name", "user.contact.email", "user.financial.bank_account", "x.process")
MASKS = ("", "", "", "hash", "year", "redact")

Labels = dict[int, tuple[int | None, tuple[str, ...], bool]]


def effective() -> Labels:
    rows = Asset.objects.order_by("pk").values_list("pk", "level", "categories", "is_personal")
    return {pk: (level, tuple(held), personal) for pk, level, held, personal in rows}


class Edits:
    """Random edits of a small graph with cycles, through the actions that people use."""

    def __init__(self, seed: int, at: datetime) -> None:
        self.random = random.Random(seed)
        self.at = at
        self.first, self.second = (a_member("steward").as_actor() for _ in range(2))
        system = a_system()
        self.tables = [an_asset(system=system) for _ in range(4)]
        self.columns = [a_column(table) for table in self.tables for _ in range(4)]
        self.edges: list[int] = []

    def one(self) -> None:
        edits = (self.state, self.lower, self.decide, self.rule, self.join, self.join, self.part)
        edit = self.random.choice(edits)
        self.last = edit.__name__
        edit()

    def state(self) -> None:
        asset = self.random.choice([*self.columns, self.tables[0]])
        with boundary.acting(self.first, at=self.at):
            classifying.state(
                Asset.objects.filter(pk=asset.pk),
                level=self.random.choice(list(Level)),
                category=self.random.choice(("", *CATEGORIES)),
                reason="seen",
                by=self.first,
                at=self.at,
            )

    def rule(self) -> None:
        asset = self.random.choice(self.columns)
        category = self.random.choice(CATEGORIES)
        if not LabelAssertion.objects.filter(asset=asset, category=category, source="name"):
            a_label(asset, category=category, level=self.random.choice(list(Level)))
            settling.label_assets([asset.pk], at=self.at)

    def decide(self) -> None:
        waiting = LabelAssertion.objects.filter(status="proposed").order_by("pk")
        if waiting:
            row = self.random.choice(list(waiting))
            with boundary.acting(self.second, at=self.at):
                classifying.decide(
                    LabelAssertion.objects.filter(pk=row.pk),
                    accept=self.random.random() < 0.5,
                    reason="seen",
                    by=self.second,
                    at=self.at,
                )

    def lower(self) -> None:
        asset = self.random.choice(self.columns)
        category = self.random.choice(("", "user", "user.contact"))
        said = LabelAssertion.objects.filter(asset=asset, polarity="is_not", category=category)
        if said.filter(status__in=["proposed", "accepted"]).exists():
            return
        with boundary.acting(self.first, at=self.at):
            row = lowering.lower(
                asset,
                category=category,
                level=None if category else self.random.choice(list(Level)),
                reason="seen",
                until=self.at + timedelta(days=9),
                by=self.first,
                at=self.at,
            )
        with boundary.acting(self.second, at=self.at):
            classifying.decide(
                LabelAssertion.objects.filter(pk=row.pk),
                accept=True,
                reason="seen",
                by=self.second,
                at=self.at,
            )

    def join(self) -> None:
        is_coarse = self.random.random() < 0.3
        source, target = self.random.sample(self.tables if is_coarse else self.columns, 2)
        edge, is_new = Edge.objects.get_or_create(
            src=source,
            dst=self.random.choice([target, self.columns[0]]) if is_coarse else target,
            kind="opaque" if is_coarse else "direct",
            defaults={"mask": self.random.choice(MASKS), "first_seen_at": NOW},
        )
        if is_new:
            self.edges.append(edge.pk)
            self.moved(edge)

    def part(self) -> None:
        if self.edges:
            edge = Edge.objects.get(pk=self.edges.pop(self.random.randrange(len(self.edges))))
            Edge.objects.filter(pk=edge.pk).delete()
            self.moved(edge)

    def moved(self, edge: Edge) -> None:
        # A coarse edge to a table arrives in each of its columns.
        seeds = [
            edge.dst_id,
            *Asset.objects.filter(parent=edge.dst_id).values_list("pk", flat=True),
        ]
        settling.label_assets(seeds, at=self.at)


def test_each_of_many_edits_leaves_what_working_out_everything_gives(at: datetime) -> None:
    edits = Edits(20261117, at)
    for number in range(EDITS):
        edits.one()
        if number % CHECKED_EVERY:
            continue
        stored = effective()
        # From the assertions alone: nothing that an edit left behind may help.
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT whole")
            Asset.objects.update(level=None, categories=[], is_personal=False)
            settling.label_system(edits.tables[0].system_id, at=at)
            propagating.work_out_all(at=at)
            whole = effective()
            cursor.execute("ROLLBACK TO SAVEPOINT whole")
        assert stored == whole, f"after edit {number}: {edits.last}"
    assert any(personal for _, _, personal in stored.values())


def test_a_cause_that_goes_takes_its_effects_along_even_around_a_cycle(
    operator: Actor, at: datetime
) -> None:
    table = an_asset()
    start, one, two, end = (a_column(table) for _ in range(4))
    for source, target in ((start, one), (one, two), (two, one), (two, end)):
        Edge.objects.create(src=source, dst=target, kind="direct", first_seen_at=NOW)
    row = a_label(start, category="user.contact.email")
    settling.label_assets([start.pk], at=at)
    end.refresh_from_db()
    assert (end.level, end.is_personal) == (2, True)
    classifying.decide(
        LabelAssertion.objects.filter(pk=row.pk), accept=False, reason="no", by=operator, at=at
    )
    for asset in (one, two, end):
        asset.refresh_from_db()
        assert (asset.level, asset.categories) == (Level.INTERNAL, [])
