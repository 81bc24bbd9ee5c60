"""The decision log is held to what the audit log says was written to it."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from governance.models import DecisionLog
from governance.queries import decision_digests
from tests.builders.access import a_caller, a_directory, a_policy, a_rule, a_subject, question
from tests.governance.api.asking import Pep

pytestmark = pytest.mark.django_db(transaction=True)
DOOR = ("door", "lab")


@pytest.fixture
def pep(live_server: Any, settings: Any) -> Pep:
    settings.DECISION_SAMPLE = 1
    a_policy([a_rule("guard", "door", "open")])
    a_directory(a_subject("person", "ana", "guard"), a_subject("person", "ben"))
    return Pep(live_server.url, a_caller(slug="tower")[1])


def asked(pep: Pep) -> None:
    both = [question(("person", who), "open", DOOR) for who in ("ana", "ben")]
    pep.ask("evaluations", {"evaluations": both * 3})
    pep.ask("evaluation", both[1])


def test_rows_as_they_were_written_hold(pep: Pep) -> None:
    asked(pep)
    assert DecisionLog.objects.filter(pep="tower", allow=True, weight=1).count() == 3
    assert decision_digests.differing() == (2, [])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE governance_decisionlog SET allow = true WHERE id = {0}",
        "UPDATE governance_decisionlog SET inputs = '{{\"e\": 1}}' WHERE id = {0}",
        "UPDATE governance_decisionlog SET weight = 9 WHERE id = {0}",
        "DELETE FROM governance_decisionlog WHERE id = {0}",
    ],
)
def test_a_row_that_was_changed_or_taken_is_named(
    pep: Pep, change: str, bootstrap_dsn: str
) -> None:
    asked(pep)
    refused = DecisionLog.objects.filter(pep="tower", allow=False)
    first = refused.order_by("id").values_list("id", flat=True)[0]
    name = str(connection.settings_dict["NAME"])
    with psycopg.connect(make_conninfo(bootstrap_dsn, dbname=name)) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(change.format(first).encode())
    checked, found = decision_digests.differing()
    assert (checked, len(found)) == (2, 1)
    assert found[0].missing == change.startswith("DELETE")


def test_without_a_sample_no_permit_is_kept(pep: Pep, settings: Any) -> None:
    settings.DECISION_SAMPLE = 0
    pep.ask("evaluation", question(("person", "ana"), "open", DOOR))
    assert not DecisionLog.objects.filter(pep="tower").exists()
