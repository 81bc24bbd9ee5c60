"""What sources say together: accepted, waiting, against a decision; and no value is kept."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection

from catalog.actions import classifying, harvesting, proposing
from catalog.detectors.proposals import Proposal, level_of
from catalog.domain.labels import Level
from catalog.models import Asset, Edge, HarvestRun, LabelAssertion
from catalog.models.label import CLASSIFIER
from governance import boundary
from governance.domain.actor import Actor
from governance.models import AuditEvent, GovernedSystem
from tests.builders.catalog import NOW, a_label, harvested
from tests.builders.governance import a_member, a_system
from tests.databases import PlantDatabase

pytestmark = pytest.mark.django_db

EMAIL, CARD = "user.contact.email", "user.financial.credit_card"
PERSONS = """
    CREATE SCHEMA hr;
    CREATE TABLE hr.person (email text, x1 text, x2 text, quantity int);
    INSERT INTO hr.person SELECT 'sentinel' || n || '@plant.example',
           'sentinel' || n || '@home.example', {cards}, n FROM generate_series(1, 60) n;
    CREATE VIEW hr.directory AS SELECT upper(x1) AS y, quantity FROM hr.person;
"""
# The Luhn digit of 4 + 14 digits, in SQL: the test needs no data of anybody.
CARDS = """
    (SELECT b || (10 - sum(CASE WHEN i % 2 = 1 THEN d * 2 - CASE WHEN d > 4 THEN 9 ELSE 0 END
                                ELSE d END) % 10) % 10
       FROM (SELECT '4' || lpad((n::bigint * 829349 * 1009 % 100000000000000)::text, 14, '3')
                      AS b) q,
            LATERAL (SELECT i, substr(b, i, 1)::int AS d FROM generate_series(1, 15) i) s
      GROUP BY b)
"""
PERSONS = PERSONS.replace("{cards}", CARDS)


def said(system: GovernedSystem, name: str) -> set[tuple[str, str, str]]:
    rows = LabelAssertion.objects.filter(asset__system=system, asset__name=name)
    return set(rows.exclude(category="").values_list("source", "category", "status"))


def spoken(category: str, rule: str = "email") -> tuple[Proposal, ...]:
    return (Proposal(category, level_of(category), 0.95, f"values/1:{rule}", ("57 of 60",)),)


def a_plant(by: Actor, at: datetime, *columns: str) -> GovernedSystem:
    system = a_system()
    harvesting.take_in(system, harvested("operator", columns=columns), by=by, at=at)
    return system


def key(system: GovernedSystem, name: str) -> str:
    return Asset.objects.get(system=system, name=name, kind="column").source_key


def test_a_harvest_with_values_finds_what_no_name_tells(
    operator: Actor, at: datetime, plant_database: PlantDatabase
) -> None:
    system = a_system(dsn=plant_database(PERSONS))
    run = harvesting.harvest(system, by=operator, at=at, sample_values=True)
    assert run.sample_values
    assert run.changes["sampled"] == 4
    assert said(system, "email") == {("name", EMAIL, "accepted"), ("value", EMAIL, "accepted")}
    assert said(system, "x1") == {("value", EMAIL, "proposed")}
    assert said(system, "x2") == {("value", CARD, "accepted")}, "check digits prove it"
    accepted = LabelAssertion.objects.get(asset__system=system, category=CARD)
    assert (accepted.actor, accepted.reason) == (CLASSIFIER, "fusion/1:check_digits")
    assert accepted.rule == "values/1:card"
    flowed = Asset.objects.get(system=system, name="y")
    assert EMAIL in flowed.categories, "personal through the view, though nobody says so of it"
    assert EMAIL not in flowed.own_categories
    assert not said(system, "y")


def test_without_values_the_run_says_so_and_no_row_is_read(
    operator: Actor, at: datetime, plant_database: PlantDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.harvest.sampling.sample", lambda *_, **__: pytest.fail("looked"))
    run = harvesting.harvest(a_system(dsn=plant_database(PERSONS)), by=operator, at=at)
    assert not run.sample_values
    assert "sampled" not in run.changes


def test_no_value_is_kept_anywhere(
    operator: Actor, at: datetime, plant_database: PlantDatabase
) -> None:
    system = a_system(dsn=plant_database(PERSONS))
    harvesting.harvest(system, by=operator, at=at, sample_values=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
            " GROUP BY 1"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text ~* %s',
                [r"sentinel\d|@(plant|home)\.example|\m4\d{15}\M"],
            )
            assert cursor.fetchone() == (0,), table


def test_a_second_look_writes_nothing(
    operator: Actor, at: datetime, plant_database: PlantDatabase
) -> None:
    system = a_system(dsn=plant_database(PERSONS))
    harvesting.harvest(system, by=operator, at=at, sample_values=True)
    events = AuditEvent.objects.count()
    later = at + timedelta(days=1)
    again = harvesting.harvest(system, by=operator, at=later, sample_values=True)
    plain = harvesting.harvest(system, by=operator, at=later)
    assert (again.proposed, plain.proposed) == (0, 0)
    runs = HarvestRun.objects.count()
    assert AuditEvent.objects.count() == events + runs - 1, "the runs alone"


def test_what_values_no_longer_say_goes_back_to_wait(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "email")
    judged = {key(system, "email"): spoken(EMAIL)}
    classifying.propose(system, by=operator, at=at, judged=judged)
    assert said(system, "email") == {("name", EMAIL, "accepted"), ("value", EMAIL, "accepted")}
    classifying.propose(system, by=operator, at=at)
    assert ("name", EMAIL, "accepted") in said(system, "email"), "no values were looked at"
    classifying.propose(system, by=operator, at=at, judged={key(system, "email"): ()})
    assert said(system, "email") == {("name", EMAIL, "proposed"), ("value", EMAIL, "superseded")}


def test_sources_that_disagree_wait_both_and_say_so(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "email")
    judged = {key(system, "email"): spoken("user.contact.phone_number", "phone")}
    classifying.propose(system, by=operator, at=at, judged=judged)
    rows = LabelAssertion.objects.filter(asset__system=system)
    assert set(rows.values_list("status", "reason")) == {("proposed", "fusion/1:disagree")}


def test_contrary_evidence_opens_a_review_and_the_decision_stands(
    operator: Actor, at: datetime
) -> None:
    system = a_plant(operator, at, "email")
    rows = LabelAssertion.objects.filter(asset__system=system)
    classifying.decide(rows, accept=False, reason="addresses of machines", by=operator, at=at)
    classifying.propose(
        system,
        by=operator,
        at=at,
        judged={key(system, "email"): spoken(EMAIL) + spoken(CARD, "card")},
    )
    assert said(system, "email") == {
        ("name", EMAIL, "rejected"),
        ("value", EMAIL, "proposed"),
        ("value", CARD, "proposed"),
    }
    assert set(rows.filter(source="value").values_list("reason", flat=True)) == {"fusion/1:person"}
    human = rows.get(source="human")
    assert (human.status, human.reason) == ("accepted", "addresses of machines")


def test_what_rules_accepted_a_person_may_reject_for_good(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "email")
    judged = {key(system, "email"): spoken(EMAIL)}
    classifying.propose(system, by=operator, at=at, judged=judged)
    rows = LabelAssertion.objects.filter(asset__system=system, category=EMAIL)
    assert classifying.decide(rows, accept=False, reason="no", by=operator, at=at) == 2
    assert classifying.propose(system, by=operator, at=at, judged=judged) == 0
    assert set(rows.values_list("status", "actor")) == {("rejected", operator.ref)}


def test_what_was_accepted_upstream_speaks_for_a_name(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "email", "work_email", "mail_address", "quantity")
    column = {a.name: a for a in Asset.objects.filter(system=system, kind="column")}
    for source, target in (("email", "work_email"), ("work_email", "email")):
        Edge.objects.create(
            src=column[source], dst=column[target], kind="direct", first_seen_at=NOW
        )
    classifying.propose(system, by=operator, at=at)
    assert said(system, "work_email") == {("name", EMAIL, "proposed")}, "the same name twice"
    first = LabelAssertion.objects.filter(asset=column["email"])
    user = a_member("steward").as_actor()
    with boundary.acting(user, at=at):
        classifying.decide(first, accept=True, reason="", by=user, at=at)
    classifying.propose(system, by=operator, at=at)
    assert said(system, "work_email") == {("name", EMAIL, "accepted")}
    with boundary.acting(user, at=at):
        classifying.decide(
            LabelAssertion.objects.filter(asset=column["work_email"]),
            accept=False,
            reason="not read",
            by=user,
            at=at,
        )
    assert said(system, "work_email") == {("name", EMAIL, "rejected")}


def test_a_cycle_does_not_hold_itself_up(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "email", "work_email", "private_email")
    column = {a.name: a for a in Asset.objects.filter(system=system, kind="column")}
    ring = ["work_email", "private_email", "work_email"]
    for source, target in [("email", "work_email"), *pairwise(ring)]:
        Edge.objects.create(
            src=column[source], dst=column[target], kind="direct", first_seen_at=NOW
        )
    first = LabelAssertion.objects.filter(asset=column["email"])
    classifying.decide(first, accept=True, reason="", by=operator, at=at)
    classifying.propose(system, by=operator, at=at)
    assert ("name", EMAIL, "accepted") in said(system, "private_email")
    Edge.objects.filter(src=column["email"]).update(gone_at=NOW)
    classifying.propose(system, by=operator, at=at)
    assert said(system, "work_email") == {("name", EMAIL, "proposed")}
    assert said(system, "private_email") == {("name", EMAIL, "proposed")}


def test_a_table_that_singles_out_persons_is_personal_and_its_columns_are_not(
    operator: Actor, at: datetime
) -> None:
    system = a_plant(operator, at, "gender", "job_title", "shift", "quantity")
    table = Asset.objects.get(system=system, kind="table")
    group = LabelAssertion.objects.get(asset=table, source="group")
    assert (group.category, group.level, group.status) == ("user", Level.CONFIDENTIAL, "proposed")
    assert table.is_personal
    assert Asset.objects.get(system=system, name="quantity").level == Level.INTERNAL
    harvesting.take_in(
        system, harvested("operator", columns=("gender", "quantity")), by=operator, at=at
    )
    group.refresh_from_db()
    assert group.status == "superseded"


def test_an_old_label_of_another_source_is_left_alone(operator: Actor, at: datetime) -> None:
    system = a_plant(operator, at, "quantity")
    row = a_label(
        Asset.objects.get(system=system, name="quantity"), source="import", category="x.process"
    )
    proposing.look(system, at=at, judged={key(system, "quantity"): ()})
    row.refresh_from_db()
    assert row.status == "proposed"
