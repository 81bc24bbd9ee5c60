"""New terms hold for what opens; what stands moves only on purpose."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import BadInput, NotAllowed
from partners.actions import policies
from partners.models import Partner, PatchPolicy
from tests.builders.governance import a_user
from tests.builders.partners import a_record
from tests.partners.actions.test_following import DAY, OLD, Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(tmp_path: Path, operator: Actor, at: datetime) -> Scene:
    return Scene(tmp_path, operator, at)


def decide(by: Actor, at: datetime, **over: Any) -> PatchPolicy:
    terms: dict[str, Any] = {
        "critical_days": 7,
        "other_days": 30,
        "uses_kev": True,
        "uses_bod_26_04": False,
        "anchor": "later",
        "reason": "The board wants it sooner.",
    }
    return policies.decide(**{**terms, **over}, by=by, at=at)


def test_a_finding_keeps_the_version_it_opened_under(scene: Scene) -> None:
    scene.feed(a_record())
    scene.ship(OLD)
    due = scene.finding.due_at
    assert decide(scene.by, scene.at + DAY).version == 2
    scene.ship(OLD, "pkg:pypi/other@1", days=2)
    assert (scene.finding.due_at, scene.finding.policy_version) == (due, 1)


def test_recomputing_moves_open_dates_and_says_why(scene: Scene) -> None:
    scene.feed(a_record())
    scene.ship(OLD)
    decide(scene.by, scene.at + DAY)
    assert policies.recompute(reason="Agreed with all.", by=scene.by, at=scene.at + DAY) == 1
    finding = scene.finding
    assert (finding.term_days, finding.policy_version) == (7, 2)
    assert finding.due_at is not None
    assert finding.due_at - finding.anchor_at < timedelta(days=8)
    assert scene.events() == ["opened", "redated"]
    assert policies.recompute(reason="Again.", by=scene.by, at=scene.at + DAY) == 0


def test_what_fell_overdue_stays_so(scene: Scene) -> None:
    scene.feed(a_record())
    scene.ship(OLD)
    decide(scene.by, scene.at + 20 * DAY, critical_days=90)
    assert policies.recompute(reason="Longer.", by=scene.by, at=scene.at + 20 * DAY) == 0
    assert scene.finding.breached_at == scene.finding.due_at


def test_the_contract_of_a_partner_shortens_its_dates(scene: Scene) -> None:
    partner = Partner.objects.get(pk=scene.product.partner_id)
    policies.agree_terms(
        partner, critical_days=5, other_days=None, is_trusted=False, by=scene.by, at=scene.at
    )
    scene.feed(a_record())
    scene.ship(OLD)
    assert (scene.finding.due_rule, scene.finding.term_days) == ("contract", 5)
    assert "contract gives 5 days" in scene.finding.why


def test_terms_need_a_reason_and_sense(scene: Scene) -> None:
    with pytest.raises(BadInput):
        decide(scene.by, scene.at, reason=" ")
    with pytest.raises(BadInput):
        policies.recompute(reason="", by=scene.by, at=scene.at)
    for over in ({"critical_days": 0}, {"other_days": 400}, {"anchor": "moon"}):
        with pytest.raises(ValidationError):
            decide(scene.by, scene.at, **over)
    assert not PatchPolicy.objects.exists()


def test_nobody_decides_without_leave(scene: Scene) -> None:
    by = a_user().as_actor(has_mfa=True)
    with boundary.acting(by, at=scene.at):
        with pytest.raises(NotAllowed):
            decide(by, scene.at)
        with pytest.raises(NotAllowed):
            policies.recompute(reason="Mine.", by=by, at=scene.at)
        with pytest.raises(NotAllowed):
            policies.agree_terms(
                scene.product.partner,
                critical_days=1,
                other_days=1,
                is_trusted=True,
                by=by,
                at=scene.at,
            )
