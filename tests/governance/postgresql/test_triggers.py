"""No change of a governed row stays out of the log, whatever way it takes."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, models, transaction
from psycopg import conninfo

from governance import context, registries
from governance.models import AuditEvent, Role, User
from governance.postgresql import triggers
from governance.postgresql.faults import faults
from governance.postgresql.triggers import Table
from tests.builders.governance import a_user
from tests.databases import bootstrap_dsn as bootstrap_dsn

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
SECRET = "s3cret-that-no-log-may-hold"
NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
TABLES = triggers.governed()
VALUES: dict[str, Callable[[int], object]] = {
    "BigIntegerField": lambda n: 900_000 + n,
    "IntegerField": lambda n: 9000 + n,
    "SmallIntegerField": lambda n: 90 + n,
    "PositiveIntegerField": lambda n: 9000 + n,
    "PositiveBigIntegerField": lambda n: 900_000 + n,
    "PositiveSmallIntegerField": lambda n: 9000 + n,
    "FloatField": lambda n: n + 0.1,
    "DecimalField": lambda n: n,
    "BooleanField": lambda n: bool(n % 2),
    "CharField": lambda n: f"v{n}",
    "EmailField": lambda n: f"v{n}@example.org",
    "SlugField": lambda n: f"v{n}",
    "URLField": lambda n: f"https://example.org/{n}",
    "TextField": lambda n: f"v{n}",
    "FileField": lambda n: f"v{n}",
    "DateField": lambda n: date(2026, 1, 1) + timedelta(days=n),
    "DateTimeField": lambda n: NOW + timedelta(minutes=n),
    "DurationField": lambda n: timedelta(seconds=n),
    "UUIDField": lambda n: uuid.UUID(int=10**9 + n),
    "BinaryField": lambda n: b"v%d" % n,
    "JSONField": lambda n: {"v": n},
    "GenericIPAddressField": lambda n: f"10.0.0.{n}",
}
"""A value for each kind of column; a kind that is not here fails the test of its table."""


def model_of(table: Table) -> type[models.Model]:
    found = [
        one
        for one in apps.get_models(include_auto_created=True)
        if one._meta.db_table == table.name and one._meta.managed and not one._meta.proxy
    ]
    assert len(found) == 1
    return found[0]


def value(field: "models.Field[Any, Any]", table: Table, n: int) -> object:
    target: Any = field
    if field.related_model in (Permission, ContentType):  # their values are looked up on saving
        permission = Permission.objects.get(codename="view_role")
        is_type = field.related_model is ContentType
        return permission.content_type_id if is_type else permission.pk
    if field.column == "object_pk":  # of a role that there is: permissions look it up too
        roles = Role.objects.order_by("pk").values_list("pk", flat=True)
        return str(roles[(n // 10 * 2 + n % 10) % len(roles)])
    if field.remote_field is not None:
        n += 500  # no row refers to itself
    while target.remote_field is not None:
        target = target.target_field
    kind = target.get_internal_type()
    if kind in ("BigAutoField", "AutoField"):
        kind = "IntegerField"
    if field.column in table.mask.secret:
        return {"k": f"{SECRET} {n}"} if kind == "JSONField" else _secret(kind, n)
    if kind == "ArrayField":  # elements are of any kind
        return [VALUES[target.base_field.get_internal_type()](n % 4)]
    made = VALUES[kind](n)
    return made[: field.max_length] if isinstance(made, str) and field.max_length else made


def _secret(kind: str, n: int) -> object:
    return f"{SECRET} {n}".encode() if kind == "BinaryField" else f"{SECRET} {n}"


def a_row(table: Table, n: int) -> models.Model:
    """Return an unsaved row that fits the columns; what else a row must be, is lifted."""
    model = model_of(table)
    fields = [one for one in model._meta.concrete_fields if not one.generated]
    return model(**{one.attname: value(one, table, n) for one in fields})


def free_column(table: Table) -> "models.Field[Any, Any]":
    """Return a column that an update may change."""
    names = {*table.mask.secret, *table.mask.ignored, table.key}
    fields = [
        one
        for one in model_of(table)._meta.concrete_fields
        if one.column not in names
        and not one.generated
        and one.get_internal_type() != "BooleanField"
        and one.related_model not in (Permission, ContentType)
    ]
    return min(fields, key=lambda one: one.remote_field is not None)


@pytest.fixture
def lifted() -> Iterator[Callable[[Table], None]]:
    """Let any row into a table, as the owner: the log does not ask whether a row makes sense."""

    def lift(table: Table) -> None:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass"
                " AND contype IN ('c', 'f', 'u', 'x')", [table.name],
            )  # fmt: skip
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE "{table.name}" DROP CONSTRAINT "{name}" CASCADE')
            cursor.execute(
                "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass"
                " AND indisunique AND NOT indisprimary", [table.name],
            )  # fmt: skip
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP INDEX {name} CASCADE")
            if guard := triggers.FROZEN.get(table.name):
                cursor.execute(f'ALTER TABLE "{table.name}" DISABLE TRIGGER {guard}')

    yield lift
    transaction.set_rollback(True)


class Entries:
    """Reads the row entries written since it last looked."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.digests: dict[str, str | None] = {}
        self.last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def expect(self, kind: str, *keys: object) -> None:
        """Exactly one entry of ``kind`` for each key, by who acts, following the one before."""
        now = context.current()
        assert now is not None
        events = list(
            AuditEvent.objects.filter(pk__gt=self.last, act__startswith="row:").order_by("pk")
        )
        events = [one for one in events if one.act.split(":")[1] == self.table.name]
        label = self.table.label
        assert sorted((one.act, one.object) for one in events) == sorted(
            (f"row:{self.table.name}:{kind}", f"{label}:{key}") for key in keys
        )
        for one in events:
            facts = one.facts
            assert (one.actor, one.request_id) == (now.actor.ref, now.request_id)
            assert one.outcome == "ok"
            assert SECRET not in (one.body or "")
            assert SECRET.encode().hex() not in (one.body or "")
            assert facts.get("was") == self.digests.get(one.object)
            assert ("digest" in facts) == (kind != "delete")
            assert ({"insert": "new", "update": "diff", "delete": "old"}[kind]) in facts
            self.digests[one.object] = facts.get("digest")
            self.last = one.pk


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_each_way_to_change_a_row_leaves_one_entry(
    table: Table, lifted: Callable[[Table], None]
) -> None:
    lifted(table)
    rows, column, key = model_of(table)._base_manager, free_column(table), table.key
    entries = Entries(table)

    one = a_row(table, 1)
    one.save(force_insert=True)
    entries.expect("insert", one.pk)
    setattr(one, column.attname, value(column, table, 2))
    one.save()
    entries.expect("update", one.pk)
    one.save()
    entries.expect("update")  # what changes nothing leaves nothing
    many = rows.bulk_create([a_row(table, n) for n in (10, 11)])
    pks = [many[0].pk, many[1].pk]
    entries.expect("insert", *pks)
    for row in many:
        setattr(row, column.attname, value(column, table, 20))
    rows.bulk_update(many, [column.name])
    entries.expect("update", *pks)
    rows.filter(pk__in=pks).update(**{column.attname: value(column, table, 21)})
    entries.expect("update", *pks)
    rows.filter(pk=pks[0]).delete()
    entries.expect("delete", pks[0])

    raw, copied = a_row(table, 30).pk, a_row(table, 31).pk
    # A column that the database makes itself is no field.
    fields = [
        f'"{one.column}"' for one in model_of(table)._meta.concrete_fields if not one.generated
    ]
    some = ", ".join(f"r.{name}" for name in fields)
    another = (
        f'SELECT {some} FROM "{table.name}" t,'
        f" jsonb_populate_record(t, jsonb_build_object('{key}', %s::text)) r WHERE t.{key} = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table.name}" ({", ".join(fields)}) {another}', [str(raw), one.pk]
        )
        entries.expect("insert", raw)
        copy_in(table, fields, another, [str(copied), one.pk])
        entries.expect("insert", copied)
        name = column.column
        cursor.execute(
            f'UPDATE "{table.name}" SET "{name}" = (SELECT "{name}" FROM "{table.name}"'
            f" WHERE {key} = %s) WHERE {key} = %s", [pks[1], raw],
        )  # fmt: skip
        entries.expect("update", raw)
        cursor.execute(f'DELETE FROM "{table.name}" WHERE {key} = %s', [raw])
        entries.expect("delete", raw)


def copy_in(table: Table, fields: list[str], query: str, params: list[object]) -> None:
    with connection.connection.cursor() as cursor:
        with cursor.copy(f"COPY ({query}) TO STDOUT", params) as copy:
            data = b"".join(bytes(part) for part in copy)
        with cursor.copy(f'COPY "{table.name}" ({", ".join(fields)}) FROM STDIN') as copy:
            copy.write(data)


def test_every_model_is_governed_or_excused_with_a_reason() -> None:
    known = {table.label for table in TABLES}
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.managed and not meta.proxy:
            reason = registries.unaudited.get(meta.label_lower)
            assert (meta.label_lower in known) != bool(reason), meta.label_lower
            assert reason is None or len(reason) > 10


def test_every_table_that_is_not_governed_is_known() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT EXISTS"
            " (SELECT FROM pg_trigger WHERE tgname = 'audit_row'"
            " AND tgrelid = ('public.' || quote_ident(tablename))::regclass)"
        )
        bare = {name for (name,) in cursor.fetchall()}
        assert faults(cursor) == []
    excused = {apps.get_model(label)._meta.db_table for label, _ in registries.unaudited}
    # The others stood in the version before; nothing writes there.
    assert bare - excused <= {"django_migrations", "governance_auditevent", "partners_sharingrule"}


def test_without_anybody_acting_the_application_changes_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.actor', '', true)")
        with pytest.raises(DatabaseError, match="nobody is acting"), transaction.atomic():
            cursor.execute("UPDATE governance_role SET purpose = 'x'")


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_truncating_is_refused(table: Table) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        with pytest.raises(DatabaseError, match="it would leave no entry"), transaction.atomic():
            cursor.execute(f'TRUNCATE "{table.name}" CASCADE')
        cursor.execute("SET LOCAL ROLE wardroom_app")


@pytest.mark.parametrize(
    "setting",
    [
        "session_replication_role = replica",
        "pgtrigger.ignore = '{all}'",
        "check_function_bodies = off",
    ],
)
def test_no_setting_of_a_session_turns_the_log_off(setting: str, bootstrap_dsn: str) -> None:
    name = connection.settings_dict["NAME"]
    with psycopg.connect(conninfo.make_conninfo(bootstrap_dsn, dbname=name)) as session:
        session.execute(f"SET {setting}".encode())
        session.execute(
            b"UPDATE governance_role SET purpose = purpose || '!' WHERE slug = 'auditor'"
        )
        row = session.execute(
            b"SELECT actor, act FROM audit_event ORDER BY id DESC LIMIT 1"
        ).fetchone()
        session.rollback()
    assert row == ("db:wardroom_bootstrap", "row:governance_role:update")


@pytest.mark.parametrize(
    ("statement", "baselines"),
    [
        ("ALTER TABLE governance_user ADD COLUMN shoe integer", 0),
        ("ALTER TABLE governance_user ADD COLUMN shoe integer NOT NULL DEFAULT 42", 3),
    ],
)
def test_a_migration_states_anew_what_it_reshaped(statement: str, baselines: int) -> None:
    for _ in range(3):
        a_user()
    others = User.objects.count() - 3
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")
        cursor.execute(statement)
        before = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)[0]
        assert triggers.install(cursor) == ["governance_user"]
        said = AuditEvent.objects.filter(pk__gt=before)
        count = said.filter(act="row:governance_user:baseline").count()
        assert count == (baselines + others if baselines else 0)
        assert json.loads(said.get(act="schema:table:reshape").body or "")["was"]
        assert triggers.install(cursor) == []
        assert faults(cursor) == []
    transaction.set_rollback(True)
