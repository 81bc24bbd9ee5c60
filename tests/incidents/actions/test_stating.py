"""Laws of sites and clauses of contracts."""

from datetime import datetime

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from incidents.actions import stating
from incidents.domain.notice_rules import Regime
from incidents.queries import rules
from tests.builders.governance import a_site, the_enterprise
from tests.builders.incidents import a_responder
from tests.builders.partners import a_partner

pytestmark = pytest.mark.django_db


def test_the_nearest_statement_up_the_tree_counts(at: datetime) -> None:
    officer = a_responder("board_member")
    root, site = the_enterprise(), a_site()
    said = {"country": "", "by": officer, "at": at}
    with boundary.acting(officer, at=at):
        stating.state_law(root, gdpr=True, nis2=True, cra=None, **said)
        stating.state_law(site, gdpr=None, nis2=False, cra=None, **said)
        with pytest.raises(Refused):
            stating.state_law(site, gdpr=None, nis2=None, cra=None, **{**said, "country": "Mexico"})
    assert rules.regimes(site) == {Regime.GDPR: True, Regime.NIS2: False}


def test_a_clause_is_stated_once_and_ends(at: datetime) -> None:
    officer, partner = a_responder("board_member"), a_partner()
    with boundary.acting(officer, at=at):
        row = stating.state_limit(partner.party, clause="7.2", hours=24, by=officer, at=at)
        with pytest.raises(Conflict):
            stating.state_limit(partner.party, clause="7.2", hours=48, by=officer, at=at)
        for clause, hours in (("", 24), ("8", 0)):
            with pytest.raises(Refused):
                stating.state_limit(partner.party, clause=clause, hours=hours, by=officer, at=at)
        assert [one.hours for one in rules.limits([partner.party])] == [24]
        stating.end_limit(row, by=officer, at=at)
        with pytest.raises(Conflict):
            stating.end_limit(row, by=officer, at=at)
    assert rules.limits([partner.party]) == []


def test_commanders_state_neither(commander: Actor, at: datetime) -> None:
    with pytest.raises(NotAllowed):
        stating.state_law(a_site(), country="", gdpr=None, nis2=None, cra=None, by=commander, at=at)
    with pytest.raises(NotAllowed):
        stating.state_limit(a_partner().party, clause="x", hours=1, by=commander, at=at)
