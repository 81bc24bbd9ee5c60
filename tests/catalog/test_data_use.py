"""Reading the data of assets: only what is classified, only for a purpose, and lists agree."""

from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from catalog.models import Asset
from catalog.permissions import Act
from config import baseline
from governance import access, boundary
from governance.actions import policy
from governance.domain import actor as actors
from governance.domain.decisions import Reason
from governance.errors import NotAllowed
from governance.models import guardian_grants
from governance.policy import content
from governance.policy.casbin_policy import Rule
from tests.builders.catalog import an_asset
from tests.builders.governance import a_member, a_user

pytestmark = pytest.mark.django_db

OPERATOR = actors.service("operator")
PURPOSES = ["", "quality", "payroll"]
DUTIES = [
    "",
    "",
    '[{"kind": "purpose", "allowed": ["quality"]}]',
    '[{"kind": "purpose", "allowed": ["payroll", "safety"]}]',
    '[{"kind": "watermark"}]',
]
CONDITIONS = [
    "True",
    "True",
    "r.res.personal",
    "r.env.mfa == True",
    "r.env.purpose == 'quality' || r.res.kind == 'view'",
    "r.res.level == 'unclassified' || rank(r.res.level) <= rank('internal')",
]


def laid(rules: list[Rule], at: datetime) -> None:
    with boundary.acting(OPERATOR, at=at):
        policy.lay(content.of(baseline.model_conf(), rules), by=OPERATOR, at=at, note="data")


def test_an_unclassified_asset_is_worked_on_but_its_data_are_not_read(at: datetime) -> None:
    owner = a_member("data_owner").as_actor()
    labeled, bare = an_asset(level=1), an_asset(level=None)
    for asset in (labeled, bare):
        assert access.allows(owner, Act.ASSET_READ, asset, at=at)
        assert access.allows(owner, Act.ASSET_ASSIGN, asset, at=at)
    assert access.allows(owner, Act.DATA_READ, labeled, at=at, purpose="quality")
    for asset, purpose, reason in (
        (bare, "quality", Reason.GAP_UNCLASSIFIED),
        (labeled, "", Reason.GAP_PURPOSE),
    ):
        with pytest.raises(NotAllowed) as refused, boundary.acting(owner, at=at):
            access.require(owner, Act.DATA_READ, asset, at=at, purpose=purpose)
        assert refused.value.decision.reason is reason
    auditor = a_member("auditor").as_actor()
    assert access.ask(auditor, Act.DATA_READ, bare, at=at).reason is Reason.DENY_NO_RULE


def test_a_bound_purpose_is_kept_by_being_asked_for(at: datetime) -> None:
    owner, asset = a_member("data_owner").as_actor(), an_asset(level=1)
    duty = '[{"kind": "purpose", "allowed": ["quality"]}]'
    laid(
        [
            replace(rule, obligations=duty) if rule.act == str(Act.DATA_READ) else rule
            for rule in baseline.rules()
        ],
        at,
    )
    assert access.allows(owner, Act.DATA_READ, asset, at=at, purpose="quality")
    assert not access.allows(owner, Act.DATA_READ, asset, at=at, purpose="payroll")
    assert not access.allows(owner, Act.DATA_READ, asset, at=at)


def test_a_grant_on_one_record_closes_no_gap(at: datetime) -> None:
    user, labeled, bare = a_user(), an_asset(level=1), an_asset(level=None)
    for asset in (labeled, bare):
        guardian_grants.give(user, "read", asset)
    by = user.as_actor()
    assert access.allows(by, Act.DATA_READ, labeled, at=at, purpose="quality")
    assert not access.allows(by, Act.DATA_READ, bare, at=at, purpose="quality")
    rows = access.visible(Asset.objects.all(), to=by, act=Act.DATA_READ, at=at, purpose="quality")
    assert list(rows) == [labeled]


@pytest.mark.parametrize("seed", range(2))
def test_a_list_of_data_shows_what_single_decisions_permit(
    seed: int, at: datetime, request: pytest.FixtureRequest
) -> None:
    dice = Random(f"{request.config.getoption('randomly_seed')} {seed}")
    people = [a_member("steward"), a_member("data_owner"), a_user()]
    for number in range(16):
        an_asset(
            kind=dice.choice(["table", "view"]),
            is_personal=dice.choice([True, False]),
            level=[None, 1, 2, 3][number % 4],
        )
    guardian_grants.give(people[2], "read", Asset.objects.filter(level=1)[0])
    guardian_grants.give(people[2], "read", Asset.objects.filter(level=None)[0])
    shown = gaps = 0
    for _ in range(8):
        rules = [
            Rule(
                dice.choice(["steward", "data_owner"]),
                "*",
                "catalog.asset",
                dice.choice([str(Act.DATA_READ), "*"]),
                dice.choice(CONDITIONS),
                dice.choice(["allow", "allow", "allow", "deny"]),
                f"random-{number}",
            )
            for number in range(dice.randrange(1, 5))
        ]
        rules = [
            replace(rule, obligations=dice.choice(DUTIES)) if rule.eft == "allow" else rule
            for rule in rules
        ]
        others = [rule for rule in baseline.rules() if rule.act != str(Act.DATA_READ)]
        laid([*others, *rules], at)
        for person in people:
            by = person.as_actor(has_mfa=dice.choice([True, False]))
            purpose = dice.choice(PURPOSES)
            rows = access.visible(
                Asset.objects.all(), to=by, act=Act.DATA_READ, at=at, purpose=purpose
            )
            one_by_one = set()
            for asset in Asset.objects.select_related("site"):
                if access.allows(by, Act.DATA_READ, asset, at=at, purpose=purpose):
                    one_by_one.add(asset.pk)
                    assert asset.level is not None
                    assert purpose
            assert set(rows.values_list("pk", flat=True)) == one_by_one, (rules, by, purpose)
            shown += len(one_by_one)
            gaps += not purpose
    assert shown
    assert gaps
