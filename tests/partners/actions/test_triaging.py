"""BOD 26-04 wants forensic triage of some findings: asked for once, saying what was assumed."""

from datetime import date, datetime

import pytest

from governance.domain.actor import Actor
from governance.errors import NotAllowed
from governance.models import Alarm
from partners.actions import triaging
from partners.models import Finding
from tests.builders.governance import a_user
from tests.builders.partners import a_finding, a_patch_policy, a_product, a_vulnerability

pytestmark = pytest.mark.django_db


def a_listed(**over: object) -> Finding:
    """Return a finding of something in the KEV catalog, with total impact."""
    exposed = over.pop("is_exposed", None)
    fields = {"exploited_on": date(2026, 11, 1), "is_total": True, **over}
    return a_finding(vulnerability=a_vulnerability(**fields), product=a_product(is_exposed=exposed))


def test_triage_is_asked_for_once_and_says_what_is_assumed(operator: Actor, at: datetime) -> None:
    a_patch_policy(uses_bod_26_04=True)
    finding = a_listed()
    a_finding(product=finding.product, vulnerability=finding.vulnerability)
    assert triaging.look(by=operator, at=at) == 1
    assert triaging.look(by=operator, at=at) == 0
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.severity) == ("forensic_triage", 2)
    assert alarm.ref.startswith("partners.finding:")
    assert "Assumed, as nobody stated it: exposed, not automatable." in alarm.detail


@pytest.mark.parametrize(
    ("over", "count"),
    [
        ({"is_exposed": False, "is_automatable": True}, 1),
        ({"is_exposed": False, "is_automatable": False}, 0),
        ({"is_exposed": True, "is_total": False, "is_automatable": True}, 0),
        ({"is_exposed": True, "is_automatable": True}, 1),
        ({"exploited_on": None, "is_exposed": True, "is_automatable": True}, 0),
    ],
)
def test_the_table_says_which(
    operator: Actor, at: datetime, over: dict[str, object], count: int
) -> None:
    a_patch_policy(uses_bod_26_04=True)
    a_listed(**over)
    assert triaging.look(by=operator, at=at) == count


def test_nothing_is_asked_while_the_terms_do_not_count_it(operator: Actor, at: datetime) -> None:
    a_listed()
    assert triaging.look(by=operator, at=at) == 0
    a_patch_policy(uses_bod_26_04=False)
    assert triaging.look(by=operator, at=at) == 0
    assert not Alarm.objects.exists()


def test_who_may_not_sweep_asks_for_none(at: datetime) -> None:
    with pytest.raises(NotAllowed):
        triaging.look(by=a_user().as_actor(), at=at)
