"""Freezing a baseline: who may, and when it is too late."""

from datetime import date

import pytest

from governance.domain.actor import Actor
from governance.errors import BadInput, NotAllowed, Refused
from governance.models import AuditEvent
from incidents.actions import freezing
from incidents.domain import spans
from incidents.domain.durations import Metric
from incidents.models import MetricBaseline
from tests.builders.governance import a_site, the_enterprise
from tests.builders.incidents import a_responder
from tests.builders.reported import HOUR, Case, recorded

pytestmark = pytest.mark.django_db
Q2 = spans.parse("2026-Q2")


def freeze(by: Actor, **over: object) -> MetricBaseline:
    given = {
        "metric": Metric.TTR,
        "site": the_enterprise(),
        "window": Q2,
        "target": 0.6,
        "judge_on": [date(2026, 12, 31), date(2026, 9, 30)],
        "at": Q2.end,
        **over,
    }
    return freezing.freeze(by=by, **given)  # type: ignore[arg-type]


def test_a_board_member_freezes_what_is_known_now(commander: Actor) -> None:
    site = a_site()
    recorded(
        [
            Case(site, Q2.start + HOUR),
            Case(site, Q2.start + HOUR, restore=None, severity="SEV1"),
            Case(site, Q2.start + HOUR, kind="drill"),
            Case(site, Q2.end + HOUR),
        ]
    )
    board = a_responder("board_member")
    found = freeze(board)
    assert found.judge_on == [date(2026, 9, 30), date(2026, 12, 31)]
    assert found.weights == {"SEV1": 0.5, "SEV3": 0.5}
    assert [one.is_finished for one in found.as_baseline().observations] == [True, False]
    event = AuditEvent.objects.filter(act="incidents:baseline:freeze").latest("id")
    assert found.sha256 in event.body


def test_rows_that_were_changed_are_no_baseline(commander: Actor) -> None:
    recorded([Case(a_site(), Q2.start + HOUR)])
    found = freeze(a_responder("board_member"))
    found.rows = found.rows.replace("SEV3", "SEV1")
    with pytest.raises(ValueError, match="not those that were frozen"):
        found.as_baseline()


def test_a_commander_does_not_set_the_goal(commander: Actor) -> None:
    with pytest.raises(NotAllowed):
        freeze(commander)


def test_too_late_empty_or_unknown_is_refused(commander: Actor) -> None:
    board = a_responder("board_member")
    with pytest.raises(BadInput, match="before the baseline is frozen"):
        freeze(board, judge_on=[date(2026, 8, 1)])
    with pytest.raises(BadInput, match="No baseline is kept"):
        freeze(board, metric=Metric.NOTIFY)
    with pytest.raises(Refused, match="No live incident of 2026-Q2"):
        freeze(board)
    assert not MetricBaseline.objects.exists()
