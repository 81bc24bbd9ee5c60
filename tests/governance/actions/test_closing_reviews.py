"""A closed campaign: its seal stands in the log, is proven from it, and any change breaks it."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from governance import boundary
from governance.actions import certifying, closing_reviews
from governance.actions.certifying import Answer
from governance.domain.access_review import Verdict
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed
from governance.models import AccessReview, AccessReviewItem, AuditEvent, User
from governance.queries import review_results
from governance.tlog import review_file
from tests.builders import witnessed
from tests.builders.governance import a_member, a_site, a_system
from tests.builders.reviews import a_grant, a_review, items

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]
KEYS = {
    "origin": "wardroom.example/audit",
    "log_keys": [witnessed.LOG.vkey],
    "witness_keys": [witnessed.WITNESS.vkey],
}


@pytest.fixture
def owner() -> User:
    return a_member("data_owner", site=a_site(), name="Luis Garza")


@pytest.fixture
def review(owner: User, at: datetime) -> AccessReview:
    system = a_system(site=owner.memberships.get().site, owner=owner)
    for who in ("ana", "ben", "cho"):
        a_grant(system, who)
    return a_review(system)


@pytest.fixture
def closed(review: AccessReview, owner: User, operator: Actor, at: datetime) -> AccessReview:
    by = owner.as_actor(has_mfa=True)
    answers = [
        Answer(Verdict.KEEP),
        Answer(Verdict.REVOKE, "left"),
        Answer(Verdict.SHORTEN, "until the audit", at + timedelta(days=3)),
    ]
    with boundary.acting(by, at=at):
        for item, answer in zip(items(review).values(), answers, strict=True):
            certifying.decide(item, answer, by=by, at=at)
    return closing_reviews.close(review, by=operator, at=at)


def test_the_result_is_sealed_in_the_log(closed: AccessReview) -> None:
    event = AuditEvent.objects.get(act="governance:review:close", outcome="ok")
    assert event.facts["sha256"] == closed.seal
    assert event.facts["counts"] == closed.counts
    assert {name: closed.counts[name] for name in ("items", "keep", "revoke", "shorten")} == {
        "items": 3, "keep": 1, "revoke": 1, "shorten": 1,
    }  # fmt: skip
    assert review_results.check(closed).is_sound


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "another"},
        {"decided_by": "user:somebody"},
        {"first_shown_at": datetime.fromisoformat("2026-11-17T09:44+00:00")},
        {"peers": 7},
        {"scopes": ["mes.badge", "mes.order"]},
        {"decided_in_seconds": 9.5},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_afterwards_breaks_the_seal(
    change: dict[str, Any], closed: AccessReview
) -> None:
    row = AccessReviewItem.objects.filter(verdict="revoke")
    assert row.update(**change) == 1
    found = review_results.check(closed)
    assert not found.is_sound
    assert found.seal == found.logged != found.computed


def test_a_campaign_closes_once_and_only_when_all_is_decided(
    review: AccessReview, operator: Actor, at: datetime
) -> None:
    with pytest.raises(closing_reviews.StillOpen, match="3 accesses"):
        closing_reviews.close(review, by=operator, at=at)
    with pytest.raises(Conflict):
        closing_reviews.export(review, by=operator, at=at)


def test_closed_is_closed(closed: AccessReview, operator: Actor, owner: User, at: datetime) -> None:
    with pytest.raises(Conflict):
        closing_reviews.close(closed, by=operator, at=at)
    by = owner.as_actor(has_mfa=True)
    with boundary.acting(by, at=at), pytest.raises(Conflict):
        certifying.decide(next(iter(items(closed).values())), Answer(Verdict.KEEP), by=by, at=at)
    with boundary.acting(by, at=at), pytest.raises(NotAllowed):
        closing_reviews.export(closed, by=by, at=at)


def test_the_export_is_proven_offline_and_any_byte_breaks_it(
    closed: AccessReview, operator: Actor, at: datetime
) -> None:
    assert closing_reviews.export(closed, by=operator, at=at).proof is None
    witnessed.cosign(witnessed.sequence(at), at)
    text = json.dumps(closing_reviews.export(closed, by=operator, at=at).as_json())
    found = review_file.verify(text, **KEYS)
    assert (
        found.sha256
        == closed.seal
        == hashlib.sha256(json.loads(text)["document"].encode()).hexdigest()
    )
    assert found.is_proven
    for old, new in (
        ('"left"'.replace('"', '\\"'), '"stayed"'.replace('"', '\\"')),
        (closed.seal, "0" * 64),
        ("operator", "nobody"),
    ):
        assert old in text
        with pytest.raises(review_file.NotProven):
            review_file.verify(text.replace(old, new), **KEYS)
    stranger = witnessed.LogKey.generate("wardroom.example/audit")
    with pytest.raises(review_file.NotProven):
        review_file.verify(text, **{**KEYS, "log_keys": [stranger.vkey]})
