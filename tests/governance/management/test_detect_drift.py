"""``manage.py detect_drift`` against roles that really exist."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from psycopg import sql

from governance import boundary, registries
from governance.actions import drifting
from governance.domain import actor as actors
from governance.domain.drift import Observation, ObservedGrant, source_hash
from governance.models import DriftFinding, GovernedSystem, Grant, Snapshot
from tests.builders.governance import a_site, a_system
from tests.databases import PlantDatabase, PlantRole

pytestmark = pytest.mark.django_db

PLANT = "CREATE SCHEMA mes; CREATE TABLE mes.badge (id int, person text);"


def detect(system: str) -> dict[str, Any]:
    out, code = StringIO(), 0
    try:
        call_command("detect_drift", "--system", system, "--json", stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    told: dict[str, Any] = json.loads(out.getvalue())
    return {**told, "code": code}


def approve(system: GovernedSystem, principal: str, **over: Any) -> None:
    now = timezone.now()
    fields = {
        "system": system,
        "principal": principal,
        "entitlement": "select",
        "scope": "mes.badge",
        "valid_from": now - timedelta(days=2),
        "valid_to": now + timedelta(days=2),
        "approved_by": "user:board",
        "reason": "test",
        "origin": "baseline",
    }
    Grant.objects.create(**{**fields, **over})


def allow(dsn: str, role: str, verb: str = "GRANT") -> None:
    command = "{} SELECT ON mes.badge {} {}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL(command).format(  # type: ignore[arg-type]
                sql.SQL(verb), sql.SQL("TO" if verb == "GRANT" else "FROM"), sql.Identifier(role)
            )
        )


def test_real_roles_are_compared_with_what_was_approved(
    plant_database: PlantDatabase, plant_role: PlantRole
) -> None:
    dsn = plant_database(PLANT)
    names = ("good", "rogue", "old", "absent", "fresh")
    good, rogue, old, absent, fresh = (plant_role(name) for name in names)
    system = a_system(dsn=dsn)
    for role in (good, rogue, old):
        allow(dsn, role)
    approve(system, good)
    approve(system, absent)
    approve(system, fresh, valid_from=timezone.now() - timedelta(minutes=5))
    approve(system, old, valid_to=timezone.now() - timedelta(hours=1))
    told = detect(system.slug)
    ours = {
        row["principal"]: row["kind"]
        for row in told["findings"]
        if row["principal"] in (good, rogue, old, absent, fresh) and row["scope"] == "mes.badge"
    }
    assert ours == {rogue: "unapproved", old: "expired_alive", absent: "missing"}
    assert told["by_kind"]["missing"] == 1
    assert told["code"] == 3
    assert all(len(row["identity"]) == 64 for row in told["findings"])
    again = detect(system.slug)
    assert (again["opened"], again["closed"]) == (0, 0)

    allow(dsn, rogue, "REVOKE")
    allow(dsn, absent)
    final = detect(system.slug)
    assert (final["opened"], final["closed"]) == (0, 2)
    closed = DriftFinding.objects.filter(system=system, state="closed")
    assert set(closed.values_list("principal", flat=True)) == {rogue, absent}


ASKED = {"state": "revoke_requested"}
TAKEN = {"state": "accepted", "accepted_by": "user:board", "accepted_reason": "migration"}


@pytest.mark.parametrize(
    ("fields", "ends_in", "code"),
    [
        (ASKED, None, 3),
        ({**TAKEN, "first_seen_at": timezone.now() - timedelta(days=9)}, timedelta(hours=-1), 3),
        (TAKEN, timedelta(days=2), 0),
    ],
)
def test_access_stands_unapproved_whatever_was_asked_about_it(
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, Any],
    ends_in: timedelta | None,
    code: int,
) -> None:
    rows = (ObservedGrant("rogue", "select", "mes.badge", via="direct"),)
    seen = Observation(rows, True, timezone.now(), source_hash(rows))
    monkeypatch.setattr(registries.drift_sources, "get", lambda _name: lambda _dsn: seen)
    system = a_system(dsn="postgresql://reader@nowhere/plant")
    assert detect(system.slug)["code"] == 3
    until = None if ends_in is None else timezone.now() + ends_in
    DriftFinding.objects.filter(system=system).update(**fields, accepted_until=until)
    told = detect(system.slug)
    assert told["code"] == code
    assert (told["unapproved"], told["accepted"]) == ((0, 1) if code == 0 else (1, 0))


def test_people_read_who_may_what(plant_database: PlantDatabase, plant_role: PlantRole) -> None:
    dsn, rogue = plant_database(PLANT), plant_role("rogue")
    allow(dsn, rogue)
    system = a_system(dsn=dsn)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("detect_drift", system=system.slug, stdout=out)
    assert ended.value.code == 3
    assert f"{rogue}: select on mes.badge (direct)" in out.getvalue()


def test_an_unknown_system_is_one_line() -> None:
    known = a_system()
    with pytest.raises(CommandError, match=f"no system 'atlantis'; known are: {known.slug}"):
        detect("atlantis")
    assert not Snapshot.objects.exists()


def test_a_system_that_is_away_is_one_line_and_changes_no_finding() -> None:
    system = a_system(dsn="postgresql://reader:s3cret-word@127.0.0.1:1/plant")
    with pytest.raises(CommandError) as refused:
        detect(system.slug)
    text = str(refused.value)
    assert "nothing listens there" in text
    assert "s3cret-word" not in text
    assert "\n" not in text
    assert not DriftFinding.objects.exists()


def register(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("register_system", "postgresql", *arguments, "--json", stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def test_a_registered_system_can_be_compared(plant_database: PlantDatabase) -> None:
    site = a_site()
    told = register(
        "--system", "mes", "--name", "MES", "--site", site.slug, "--dsn", plant_database(PLANT)
    )
    assert told["site"] == site.slug
    assert detect("mes")["grants"] > 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--site", "atlantis", "--dsn", "x"], "no site 'atlantis'"),
        (["--site", "enterprise", "--dsn", "s3cret-word"], "invalid_dsn"),
        (["--site", "enterprise", "--dsn", "postgresql://r:s3cret-word@127.0.0.1:1/x"], "nothing"),
        (["--site", "enterprise", "--dsn", "\x00" * 99], "invalid_dsn"),
    ],
)
def test_a_bad_address_registers_nothing(arguments: list[str], expected: str) -> None:
    with pytest.raises(CommandError) as refused:
        register("--system", "mes", *arguments)
    assert expected in str(refused.value)
    assert "s3cret-word" not in str(refused.value)
    assert not GovernedSystem.objects.exists()


@pytest.mark.parametrize("connector", ["", "file"])
def test_a_system_of_files_is_compared_with_its_newest_file(connector: str) -> None:
    system = a_system(dsn="", connector=connector)
    none = detect(system.slug)
    assert (none["code"], none["state"]) == (2, "no_file")
    for days, code in ((3, 2), (0, 0)):
        at, by = timezone.now() - timedelta(days=days), actors.service("operator")
        with boundary.acting(by, at=at):
            seen = Observation((), complete=True, taken_at=at, source_hash="0" * 64)
            drifting.record(system, seen, by=by, at=at)
        assert detect(system.slug)["code"] == code
    states = Snapshot.objects.filter(system=system).values_list("state", flat=True)
    assert list(states) == ["compared", "compared"]
