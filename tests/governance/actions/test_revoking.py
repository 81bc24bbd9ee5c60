"""Plans that cannot be run: what the connection's role lacks, and who is reminded."""

from datetime import datetime, timedelta

import psycopg
import pytest
from psycopg import conninfo

from governance import boundary, duties
from governance.actions import drifting, revoking
from governance.domain.actor import Actor
from governance.models import DriftFinding, GovernedSystem, RevocationPlan
from tests.builders.governance import a_member, a_system
from tests.databases import PlantDatabase, PlantRole

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


PLANT = "CREATE SCHEMA mes; CREATE TABLE mes.badge (id int);"


def run(dsn: str, *commands: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as server:
        for command in commands:
            server.execute(command.encode())


def is_held(dsn: str, role: str) -> bool:
    with psycopg.connect(dsn) as server:
        row = server.execute(
            "SELECT has_table_privilege(%s, 'mes.badge', 'select')", [role]
        ).fetchone()
    return row == (True,)


def a_finding(system: GovernedSystem, principal: str, at: datetime) -> DriftFinding:
    return DriftFinding.objects.create(
        system=system,
        kind="unapproved",
        principal=principal,
        entitlement="select",
        scope="mes.badge",
        severity="high",
        first_seen_at=at,
        last_seen_at=at,
        due_at=at + timedelta(days=1),
    )


def approved(finding: DriftFinding, *, operator: Actor, at: datetime) -> RevocationPlan:
    """Return the plan, approved by another, that takes away what ``finding`` shows."""
    plan = revoking.draft([finding], reason="drift", by=operator, at=at)
    board = a_member("board_member").as_actor()
    with boundary.acting(board, at=at):
        return revoking.approve(plan, by=board, at=at)


GIVEN = {
    "nothing": "",
    # The server warns, and does nothing.
    "the same": "GRANT USAGE ON SCHEMA mes TO {0}; GRANT SELECT ON mes.badge TO {0}",
}


@pytest.mark.parametrize("given", GIVEN)
def test_a_role_that_owns_nothing_is_told_what_it_lacks(
    plant_database: PlantDatabase, plant_role: PlantRole, operator: Actor, at: datetime, given: str
) -> None:
    dsn = plant_database(PLANT)
    reader, rogue = plant_role("reader"), plant_role("rogue")
    run(dsn, f"GRANT SELECT ON mes.badge TO {rogue}", GIVEN[given].format(reader))
    system = a_system(dsn=conninfo.make_conninfo(dsn, user=reader))
    plan = approved(a_finding(system, rogue, at), operator=operator, at=at)
    with pytest.raises(drifting.NotReached) as refused:
        revoking.apply(plan, by=operator, at=at)
    for said in (f"as the role {reader}", f'GRANT owner TO "{reader}"', "register_system"):
        assert said in refused.value.detail
    plan.refresh_from_db()
    assert (plan.applied_at, plan.failed_at) == (None, at)
    assert plan.failure == refused.value.detail
    assert is_held(dsn, rogue)


def test_what_the_server_leaves_standing_without_a_word_is_open_again(
    plant_database: PlantDatabase, plant_role: PlantRole, operator: Actor, at: datetime
) -> None:
    """A role takes away what it gave itself, and nothing of what the owner gave."""
    dsn = plant_database(PLANT)
    reader, rogue = plant_role("reader"), plant_role("rogue")
    passing_on = f"GRANT SELECT ON mes.badge TO {reader} WITH GRANT OPTION"
    run(dsn, f"GRANT USAGE ON SCHEMA mes TO {reader}; {passing_on}")
    run(dsn, f"GRANT SELECT ON mes.badge TO {rogue}")
    system = a_system(dsn=conninfo.make_conninfo(dsn, user=reader))
    drifting.detect(system, by=operator, at=at)
    finding = DriftFinding.objects.get(principal=rogue, scope="mes.badge")
    plan = approved(finding, operator=operator, at=at)
    with pytest.raises(revoking.StillStands, match="still shows 1"):
        revoking.apply(plan, by=operator, at=at + timedelta(hours=1))
    plan.refresh_from_db()
    finding.refresh_from_db()
    assert finding.state == "open"
    assert "the owner must" in plan.failure
    assert is_held(dsn, rogue)


def test_a_member_of_the_owner_takes_it_away_and_the_new_look_closes_it(
    plant_database: PlantDatabase, plant_role: PlantRole, operator: Actor, at: datetime
) -> None:
    dsn = plant_database(PLANT)
    owner, rogue = plant_role("owner", "NOLOGIN"), plant_role("rogue")
    guard = plant_role("guard", f"LOGIN IN ROLE {owner}")
    run(dsn, f"ALTER SCHEMA mes OWNER TO {owner}", f"ALTER TABLE mes.badge OWNER TO {owner}")
    run(dsn, f"GRANT SELECT ON mes.badge TO {rogue}")
    system = a_system(dsn=conninfo.make_conninfo(dsn, user=guard))
    drifting.detect(system, by=operator, at=at)
    finding = DriftFinding.objects.get(principal=rogue, scope="mes.badge")
    revoking.apply(
        approved(finding, operator=operator, at=at), by=operator, at=at + timedelta(hours=1)
    )
    finding.refresh_from_db()
    assert finding.state == "closed"
    assert not is_held(dsn, rogue)


def test_an_approved_plan_waits_for_those_who_may_run_it_until_nothing_stands(
    operator: Actor, at: datetime
) -> None:
    system = a_system(dsn="postgresql://reader@127.0.0.1:1/plant")
    plan = approved(a_finding(system, "rogue", at), operator=operator, at=at)
    owner, auditor = a_member("data_owner").as_actor(), a_member("auditor").as_actor()
    (duty,) = duties.revocation_runs(owner, at)
    assert duty.title == f"Run the {plan}"
    assert duty.due_at == at + timedelta(days=1)
    assert duty.url == f"/admin/governance/revocationplan/{plan.pk}/change/"
    assert duties.revocation_runs(auditor, at) == []
    with pytest.raises(drifting.NotReached):
        revoking.apply(plan, by=operator, at=at)
    (duty,) = duties.revocation_runs(owner, at)
    assert duty.title.endswith("again: it failed")
    assert "nothing listens there" in duty.reason
    DriftFinding.objects.filter(plan=plan).update(state="closed", closed_at=at)
    assert duties.revocation_runs(owner, at) == []
