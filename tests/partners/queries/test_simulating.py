"""What other terms would mean, without a row being written."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from governance.domain.actor import Actor
from partners import queries
from partners.domain.patching import Policy
from partners.models import Finding
from partners.queries import simulating
from tests.builders.governance import a_member
from tests.builders.partners import a_finding, sign_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def simulated(by: Actor, at: datetime, policy: Policy) -> simulating.Simulated:
    return simulating.simulate(queries.findings(to=by, at=at), policy, at=at)


def test_a_shorter_term_shows_who_would_be_late(operator: Actor, at: datetime) -> None:
    finding = a_finding()
    a_finding(vulnerability=a_finding(band="high").vulnerability, band="high")
    before = list(Finding.objects.values())
    now = at + 9 * DAY
    same = simulated(operator, now, Policy())
    assert (same.overdue_now, same.overdue_then) == (0, 0)
    sooner = simulated(operator, now, replace(Policy(), critical_days=7))
    assert (sooner.open, sooner.overdue_more, sooner.overdue_less) == (3, 1, 0)
    assert sooner.more == {finding.product.partner.name: 1}
    later = simulated(operator, at + 20 * DAY, replace(Policy(), critical_days=90))
    assert (later.overdue_now, later.overdue_less) == (3, 3 - later.overdue_then)
    assert list(Finding.objects.values()) == before


def test_the_command_and_the_page_say_the_same(client: Client) -> None:
    a_finding()
    out = StringIO()
    call_command("simulate_patch_policy", "--critical-days", "7", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert (found["open"], found["critical_days"], found["dates_sooner"]) == (1, 7, 1)
    staff = sign_in(client, a_member("administrator"))
    page = staff.get("/findings/policy/", {"critical": "7"}).content.decode()
    assert "of 1 open findings would be overdue" in page
    assert staff.get("/findings/policy/", {"critical": "seven"}).status_code == 200
