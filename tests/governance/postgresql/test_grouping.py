"""Operations grouped in a migration change the same as one by one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections, migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from governance.postgresql import grouping
from governance.postgresql.grouping import Together, grouped

SHOP = migrations.CreateModel("Shop", [("id", models.AutoField(primary_key=True))])
WARE = migrations.CreateModel(
    "Ware",
    [
        ("id", models.AutoField(primary_key=True)),
        ("shop", models.ForeignKey("plant.shop", models.CASCADE)),
    ],
)
PRICE = migrations.AddField("ware", "price", models.IntegerField(default=0))
WIDER = migrations.AlterField("ware", "price", models.BigIntegerField(default=1))
MAKER = migrations.AddField("ware", "maker", models.ForeignKey("plant.shop", models.CASCADE, "+"))
CHECK = migrations.AddConstraint(
    "ware", models.CheckConstraint(condition=models.Q(price__gte=0), name="ware_price")
)
INDEX = migrations.AddIndex("ware", models.Index(fields=["price", "shop"], name="ware_by_price"))
SQL = migrations.RunSQL("SELECT 1", migrations.RunSQL.noop)
UNCHECK = migrations.RemoveConstraint("ware", "ware_price")


def shape(operations: list[Operation]) -> list[int]:
    """Say how many stand in each group."""
    return [len(one.operations) if isinstance(one, Together) else 1 for one in grouped(operations)]


@pytest.mark.parametrize(
    ("operations", "wanted"),
    [
        pytest.param([SHOP, WARE], [2], id="tables"),
        pytest.param([SHOP, WARE, PRICE, CHECK], [2, 2], id="a column of a table just made"),
        pytest.param([PRICE, MAKER, CHECK, INDEX], [4], id="columns, constraint, index"),
        pytest.param([PRICE, WIDER], [1, 1], id="the same column twice"),
        pytest.param([CHECK, UNCHECK], [1, 1], id="a constraint comes and goes"),
        pytest.param([PRICE, SQL, CHECK, INDEX], [1, 1, 2], id="SQL keeps its place"),
        pytest.param([PRICE, WARE], [1, 1], id="a table after its column"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_neighbors_are_grouped_unless_one_needs_the_other(
    operations: list[Operation], wanted: list[int]
) -> None:
    assert shape(operations) == wanted
    flat = [
        part
        for one in grouped(operations)
        for part in (one.operations if isinstance(one, Together) else [one])
    ]
    assert flat == operations


@contextmanager
def an_editor() -> Iterator[BaseDatabaseSchemaEditor]:
    connection = connections["default"]
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    with connection.schema_editor(atomic=False) as editor:
        yield editor


def described() -> list[tuple[object, ...]]:
    """Return columns, constraints and indexes of the plant's tables."""
    asked = """
        SELECT table_name || '.' || column_name, data_type || is_nullable
        FROM information_schema.columns WHERE table_name LIKE 'plant_%%'
        UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid IN (SELECT oid FROM pg_class WHERE relname LIKE 'plant_%%')
        UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'plant_%%'
        ORDER BY 1, 2"""
    with connections["default"].cursor() as cursor:
        cursor.execute(asked)
        return list(cursor.fetchall())


@pytest.mark.django_db
def test_the_database_is_the_same_forwards_and_backwards() -> None:
    """What grouped operations make, single ones undo, and the other way round."""
    made = [SHOP, WARE, PRICE, MAKER, CHECK, INDEX, UNCHECK]

    class Single(Migration):
        operations = made

    class Grouped(grouping.Migration):
        operations = made

    single, grouped_one = Single("0001", "plant"), Grouped("0001", "plant")
    seen = []
    for forwards, backwards in ((single, grouped_one), (grouped_one, single)):
        with an_editor() as editor:
            forwards.apply(ProjectState(), editor)
        seen.append(described())
        with an_editor() as editor:
            backwards.unapply(ProjectState(), editor)
        assert described() == []
    assert seen[0] == seen[1]
    assert len(seen[0]) > 8


def test_the_models_are_the_same_as_built_one_by_one() -> None:
    together, single = ProjectState(), ProjectState()
    for state, operations in (
        (together, grouped([SHOP, WARE, PRICE, MAKER, INDEX])),
        (single, iter([SHOP, WARE, PRICE, MAKER, INDEX])),
    ):
        assert not state.apps.get_models()
        for one in operations:
            one.state_forwards("plant", state)
    assert together == single
    for state in (together, single):
        ware, shop = (state.apps.get_model("plant", name) for name in ("Ware", "Shop"))
        assert [field.name for field in ware._meta.fields] == ["id", "shop", "price", "maker"]
        assert ware._meta.get_field("maker").related_model is shop
        assert ware._meta.get_field("shop").related_model is shop
