"""Actions: one owner, one day, verified by somebody else."""

from datetime import datetime, timedelta

import pytest

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from governance.models import Notice, User
from incidents.actions import improving, keeping
from incidents.domain.learning import ActionKind
from incidents.errors import OwnAction, ReasonMissing
from incidents.models import ActionItem, TimelineEntry
from incidents.queries import learning
from tests.builders.governance import a_user, holds
from tests.builders.incidents import NOW, a_responder, an_incident
from tests.builders.runbooks import a_document

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def owner(db: None) -> User:
    user = a_user(name="Ida Berg")
    holds(user, "soc_analyst", valid_from=NOW - 400 * DAY)
    return user


@pytest.fixture
def item(owner: User, commander: Actor, at: datetime) -> ActionItem:
    return agreed(owner, commander, at)


def agreed(
    owner: User, by: Actor, at: datetime, kind: ActionKind = ActionKind.DETECTION
) -> ActionItem:
    incident = an_incident(by=by, at=at)
    due = (at + 14 * DAY).date()
    with boundary.acting(by, at=at):
        return improving.agree(
            incident, title="Alert on new\nadmins", kind=kind, owner=owner, due_on=due, by=by, at=at
        )


def test_from_open_to_verified_by_somebody_else(
    item: ActionItem, owner: User, commander: Actor, at: datetime
) -> None:
    mine = owner.as_actor(has_mfa=True)
    assert item.title == "Alert on new admins"
    with pytest.raises(Refused, match="Ida Berg owns"):
        improving.begin(item, by=commander, at=at)
    with boundary.acting(mine, at=at):
        improving.begin(item, by=mine, at=at)
        with pytest.raises(ReasonMissing):
            improving.finish(item, outcome=" ", by=mine, at=at)
        improving.finish(item, outcome="rule 12 is live", by=mine, at=at)
        with pytest.raises(OwnAction):
            improving.verify(item, proof="x", by=mine, at=at)
    improving.verify(item, proof="fired in the drill", by=commander, at=at)
    assert (item.state, item.verified_by) == ("verified", commander.ref)
    with pytest.raises(Conflict, match="It is verified now"):
        improving.drop(item, reason="x", by=commander, at=at)
    texts = TimelineEntry.objects.filter(incident=item.incident, kind="action").order_by("id")
    assert [one.text for one in texts][-1] == (
        "Action 1 verified: Alert on new admins. fired in the drill"
    )


def test_what_did_not_verify_goes_back_and_what_is_dropped_says_why(
    item: ActionItem, owner: User, commander: Actor, at: datetime
) -> None:
    mine = owner.as_actor(has_mfa=True)
    with boundary.acting(mine, at=at):
        improving.finish(item, outcome="x", by=mine, at=at)
        improving.begin(item, by=mine, at=at)
    assert item.state == "doing"
    with pytest.raises(Conflict):
        improving.verify(item, proof="x", by=commander, at=at)
    with pytest.raises(ReasonMissing):
        improving.drop(item, reason="", by=commander, at=at)
    improving.drop(item, reason="the line is sold", by=commander, at=at)
    assert (item.state, item.reason) == ("dropped", "the line is sold")


def test_a_change_of_a_runbook_names_the_version_that_carries_it(
    owner: User, commander: Actor, at: datetime
) -> None:
    old, _ = keeping.bring(a_document(), by=commander, at=at - DAY)
    item = agreed(owner, commander, at, kind=ActionKind.RUNBOOK)
    mine = owner.as_actor(has_mfa=True)
    with boundary.acting(mine, at=at):
        with pytest.raises(Refused, match="Name the version"):
            improving.finish(item, outcome="x", by=mine, at=at)
        with pytest.raises(Refused, match="older than this action"):
            improving.finish(item, outcome="x", version=old, by=mine, at=at)
    new, _ = keeping.bring(a_document(name="Sharper"), by=commander, at=at + DAY)
    with boundary.acting(mine, at=at + DAY):
        improving.finish(item, outcome="sharper", version=new, by=mine, at=at + DAY)
    assert item.version == new


def test_owners_are_reminded_and_the_late_ones_superiors_told(
    item: ActionItem, owner: User, commander: Actor, at: datetime
) -> None:
    told = []
    for days in (10, 11, 12, 14, 15, 20):
        improving.warn(at=at + days * DAY)
        rows = Notice.objects.filter(key__startswith=f"action:{item.pk}:", key__contains=":")
        told.append(rows.exclude(key__contains=":new:").count())
    assert told == [0, 1, 1, 1, 3, 3]
    late = Notice.objects.filter(key__contains=":late:").values_list("user__name", flat=True)
    assert set(late) == {"Ida Berg", User.objects.get(pk=commander.ref.removeprefix("user:")).name}


def test_it_is_a_duty_of_its_owner_then_of_those_who_verify(
    item: ActionItem, owner: User, commander: Actor, at: datetime
) -> None:
    mine = owner.as_actor(has_mfa=True)
    [duty] = learning.duties(mine, at)
    assert (duty.title, duty.due_at) == (
        "Alert on new admins", datetime(2026, 12, 2, tzinfo=at.tzinfo),
    )  # fmt: skip
    assert learning.duties(commander, at) == []
    with boundary.acting(mine, at=at):
        improving.finish(item, outcome="x", by=mine, at=at)
    assert learning.duties(mine, at) == []
    assert [one.title for one in learning.duties(commander, at)] == ["Verify: Alert on new admins"]


def test_what_cannot_be_agreed_on(owner: User, commander: Actor, at: datetime) -> None:
    incident = an_incident(by=commander, at=at)
    sound = {
        "title": "x", "kind": ActionKind.PROCESS, "owner": owner, "due_on": at.date(),
        "by": commander, "at": at,
    }  # fmt: skip
    for over in ({"title": " "}, {"due_on": (at - DAY).date()}, {"owner": a_user()}):
        with pytest.raises(Refused):
            improving.agree(incident, **{**sound, **over})
    by = a_responder("site_operator")
    with boundary.acting(by, at=at), pytest.raises(NotAllowed):
        improving.agree(incident, **{**sound, "by": by})
