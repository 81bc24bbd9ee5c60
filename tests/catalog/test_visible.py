"""A list shows exactly the records that single decisions permit, whatever the policy says."""

from datetime import datetime
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Asset
from catalog.permissions import Act
from config import baseline
from governance import access, boundary
from governance.actions import policy
from governance.domain import actor as actors
from governance.models import GovernedSystem, Site, User, guardian_grants
from governance.permissions import Act as GroundAct
from governance.policy import content
from governance.policy.casbin_policy import Rule
from governance.policy.filtering import NotFilterable
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member, a_site, a_system, a_user, holds

pytestmark = pytest.mark.django_db

OPERATOR = actors.service("operator")
READ = str(Act.ASSET_READ)
CONDITIONS = [
    "True",
    "False",
    "r.res.kind == 'table'",
    "'table' == r.res.kind && r.res.personal",
    "r.res.personal",
    "not r.res.personal",
    "!(r.res.personal && r.res.criticality > 2)",
    "r.res.criticality >= 3 || r.res.level == 'unclassified'",
    "1 < r.res.criticality < 4",
    "r.res.level in ('public', 'internal')",
    "r.res.level not in ('public', 'internal')",
    "r.res.owner == r.sub.key",
    "r.res.owner != ''",
    "r.res.level < 'internal'",
    "r.res.criticality == 'three'",
    "r.res.criticality < 'three'",
    "r.res.criticality == 3.0",
    "r.res.missing == 1 || r.res.personal",
    "r.res.personal || r.res.missing == 1",
    "r.sub.service || r.res.kind == 'view'",
    "r.sub.missing == 1 && r.res.personal",
    "r.dom == 'site:north' && r.res.kind == 'table'",
    "r.act.name == 'catalog:asset:read' && r.res.criticality in (0, 1, 5)",
    "r.res.level == None || r.res.kind == 'view'",
    "r.env.mfa == True && r.res.personal",
    "8 <= r.env.hour && r.env.weekday < 5 || r.res.kind == 'view'",
    "r.env.at > 1000 && r.env.purpose == ''",
    "r.env.missing == 1 && r.res.personal",
    "rank(r.res.level) <= rank('internal')",
    "r.res.level != 'unclassified' && rank(r.res.level) > 1",
    "r.res.level == 'unclassified' || rank(r.res.level) == 2",
    "r.res.level == 'unclassified' || not (rank(r.res.level) in (1, 2))",
    "rank(r.res.criticality) == 1 || r.res.personal",
    "rank('odd') == 1 && r.res.personal",
    "r.res.type == 'catalog.asset' && r.res.id != 'catalog.asset:1'",
]


def seeded(dice: Random, people: list[User]) -> list[GovernedSystem]:
    systems = [a_system(site=a_site(slug=slug)) for slug in ("north", "south", "west")]
    for _ in range(40):
        an_asset(
            system=dice.choice(systems),
            kind=dice.choice(["table", "view"]),
            is_personal=dice.choice([True, False]),
            level=dice.choice([None, 1, 2, 3]),
            criticality=dice.choice([None, 1, 2, 3, 4, 5]),
            owner=dice.choice([None, *people]),
        )
    return systems


def published(dice: Random, at: datetime) -> list[Rule]:
    """Publish the baseline with other rules for reading assets."""
    rules = [rule for rule in baseline.rules() if rule.act not in (READ, "*")]
    for number in range(dice.randrange(1, 7)):
        rules.append(
            Rule(
                dice.choice(["steward", "auditor", "data_owner"]),
                dice.choice(["*", "*", "site:north", "site:south"]),
                "catalog.asset",
                dice.choice([READ, READ, "*"]),
                dice.choice(CONDITIONS),
                dice.choice(["allow", "allow", "allow", "deny"]),
                f"random-{number}",
            )
        )
    policy.lay(content.of(baseline.model_conf(), rules), by=OPERATOR, at=at, note="generated")
    return rules


@pytest.mark.parametrize("seed", range(2))
def test_a_list_shows_what_single_decisions_permit(
    seed: int, at: datetime, request: pytest.FixtureRequest
) -> None:
    dice = Random(f"{request.config.getoption('randomly_seed')} {seed}")
    people = [a_member("steward"), a_member("auditor"), a_user(), a_user()]
    seeded(dice, people)
    north, south = Site.objects.get(slug="north"), Site.objects.get(slug="south")
    holds(people[2], "steward", site=north)
    holds(people[2], "data_owner", site=south)
    holds(people[3], "auditor", site=south)
    guardian_grants.give(people[3], "read", dice.choice(list(Asset.objects.all())))
    shown = 0
    for _ in range(12):
        with boundary.acting(OPERATOR, at=at):
            rules = published(dice, at)
        for person in people:
            by = person.as_actor(has_mfa=dice.choice([True, False]))
            rows = access.visible(Asset.objects.all(), to=by, act=Act.ASSET_READ, at=at)
            one_by_one = {
                asset.pk
                for asset in Asset.objects.select_related("site")
                if access.allows(by, Act.ASSET_READ, asset, at=at)
            }
            assert set(rows.values_list("pk", flat=True)) == one_by_one, (rules[-7:], by)
            shown += len(one_by_one)
    assert shown


def test_a_local_deny_holds_for_who_may_everywhere(at: datetime) -> None:
    """Somebody with a role everywhere is still refused where a site tightened."""
    north, south = a_system(site=a_site(slug="north")), a_system(site=a_site(slug="south"))
    here, there = an_asset(system=north), an_asset(system=south)
    by = a_member("auditor").as_actor()
    deny = Rule("auditor", "site:north", "catalog.asset", READ, "True", "deny", "north-deny")
    with boundary.acting(OPERATOR, at=at):
        rules = [*baseline.rules(), deny]
        policy.lay(content.of(baseline.model_conf(), rules), by=OPERATOR, at=at, note="tighter")
    rows = access.visible(Asset.objects.all(), to=by, act=Act.ASSET_READ, at=at)
    assert there in rows
    assert here not in rows
    assert not access.allows(by, Act.ASSET_READ, here, at=at)


def test_a_filter_is_one_query(at: datetime) -> None:
    by = a_member("steward", site=a_site()).as_actor()
    access.visible(Asset.objects.all(), to=by, act=Act.ASSET_READ, at=at)
    with CaptureQueriesContext(connection) as captured:
        list(access.visible(Asset.objects.all(), to=by, act=Act.ASSET_READ, at=at))
    assert len(captured) <= 2  # which policy is in force, and the rows


@pytest.mark.parametrize(
    "condition", ["keyMatch(r.res.kind, 'ta*')", "'a' in r.res.kind", "r.res.criticality"]
)
def test_a_condition_without_sql_form_shows_no_list(condition: str, at: datetime) -> None:
    by = a_member("steward").as_actor()
    rule = Rule("steward", "*", "catalog.asset", READ, condition, "allow", "odd")
    with boundary.acting(OPERATOR, at=at):
        policy.lay(content.of(baseline.model_conf(), [rule]), by=OPERATOR, at=at, note="odd")
    with pytest.raises(NotFilterable):
        access.visible(Asset.objects.all(), to=by, act=Act.ASSET_READ, at=at)


def test_a_model_without_sites_shows_all_or_nothing(at: datetime) -> None:
    at_site, everywhere = a_member("auditor", site=a_site()), a_member("auditor")
    sites = Site.objects.all()
    for user in (at_site, everywhere):
        by = user.as_actor()
        rows = access.visible(sites, to=by, act=GroundAct.SITE_READ, at=at)
        assert set(rows) == {
            site for site in sites if access.allows(by, GroundAct.SITE_READ, site, at=at)
        }
