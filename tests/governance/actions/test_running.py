"""Jobs: once in effect, whatever dies in between."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from governance import boundary, context, jobs, registries
from governance.actions import running
from governance.domain import actor as actors
from governance.errors import Conflict, NotAllowed
from governance.models import Alarm, AuditEvent, Job, JobState, Notice
from governance.registries import JobKind, JobRun
from tests.builders.governance import a_member, a_user
from tests.conftest import name_session

pytestmark = [pytest.mark.django_db, pytest.mark.system_services]


@pytest.fixture
def effects() -> Iterator[list[int]]:
    """A job kind whose effect is a notice; it fails as often as its payload says."""
    seen: list[int] = []

    def handle(run: JobRun) -> None:
        seen.append(run.attempt)
        Notice.objects.create(
            user_id=run.payload["user"],
            key=f"effect:{run.attempt}",
            subject="s",
            text="t",
            created_at=run.at,
        )
        if len(seen) <= int(str(run.payload.get("fails", 0))):
            raise ValueError("not yet")

    registries.job_kinds._entries["effect"] = JobKind(
        handle, "Effect", max_attempts=3, retry_seconds=1
    )
    yield seen
    del registries.job_kinds._entries["effect"]


def a_job(*, lane: str = "", **payload: object) -> Job:
    at = timezone.now()
    with boundary.acting(actors.service("scheduler"), at=at):
        key = f"effect:{Job.objects.count()}"
        payload = {"user": str(a_user().pk), **payload}
        jobs.enqueue("effect", key=key, payload=payload, at=at, lane=lane)
    return Job.objects.get(key=key)


def make_due(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now() - timedelta(minutes=1))


def lapse(job: Job) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE governance_job SET lease_until = now() - interval '1 s' WHERE id = %s", [job.pk]
        )


def test_the_same_key_is_one_job(operator: object, at: datetime) -> None:
    assert jobs.enqueue("effect", key="k", payload={}, at=at)
    assert not jobs.enqueue("effect", key="k", payload={"other": 1}, at=at)
    assert Job.objects.get(key="k").payload == {}


def test_of_one_lane_one_runs_at_a_time_and_others_do_not_wait(
    effects: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[int] = []
    monkeypatch.setattr(jobs, "_nudges", [nudged.extend])
    first, second, other, free = (a_job(lane=lane) for lane in ("a", "a", "b", ""))
    for job in (first, second, other, free):
        make_due(job)
    lease = running.claim(first.pk)
    assert lease
    assert running.claim(second.pk) is None
    assert running.claim(other.pk) is not None
    assert running.claim(free.pk) is not None
    assert running.claim() is None, "nothing else may begin"
    assert running.run(lease)
    assert nudged == [second.pk], "whoever waited is told"
    assert running.claim(second.pk) is not None


def test_a_lane_goes_on_when_its_worker_is_lost(effects: list[int]) -> None:
    first, second = a_job(lane="a"), a_job(lane="a")
    assert running.claim(first.pk)
    lapse(first)
    assert running.claim(second.pk) is not None


def test_a_job_is_done_once(effects: list[int]) -> None:
    job = a_job()
    lease = running.claim(job.pk)
    assert lease
    assert running.run(lease)
    job.refresh_from_db()
    assert (job.state, job.lease_until, Notice.objects.count()) == (JobState.DONE, None, 1)
    assert running.claim(job.pk) is None


def test_a_running_job_is_nobody_elses(effects: list[int]) -> None:
    job = a_job()
    assert running.claim(job.pk) is not None
    assert running.claim(job.pk) is None
    assert running.claim() is None


def test_a_failure_leaves_no_effect_and_is_tried_again(effects: list[int]) -> None:
    job = a_job(fails=1)
    lease = running.claim(job.pk)
    assert lease
    assert not running.run(lease)
    job.refresh_from_db()
    assert (job.state, job.failures, Notice.objects.count()) == (JobState.READY, 1, 0)
    assert "not yet" in job.last_error
    assert job.due_at > timezone.now()
    make_due(job)
    lease = running.claim(job.pk)
    assert lease
    assert running.run(lease)
    assert Notice.objects.count() == 1


def test_a_worker_that_lost_its_lease_changes_nothing(effects: list[int]) -> None:
    job = a_job()
    slow = running.claim(job.pk)
    lapse(job)
    fast = running.claim(job.pk)
    assert slow
    assert fast
    assert running.run(fast)
    assert not running.run(slow)
    assert list(Notice.objects.values_list("key", flat=True)) == [f"effect:{fast.attempt}"]


def test_after_the_last_try_the_job_is_dead_and_an_alarm_is_raised(effects: list[int]) -> None:
    job = a_job(fails=9)
    for _ in range(3):
        make_due(job)
        lease = running.claim(job.pk)
        assert lease
        assert not running.run(lease)
    job.refresh_from_db()
    assert (job.state, job.failures) == (JobState.DEAD, 3)
    assert running.claim(job.pk) is None
    assert Alarm.objects.get(ref=job.ref).kind == "dead_job"


def test_a_job_that_kills_its_workers_is_dead_after_three(effects: list[int]) -> None:
    job = a_job()
    for _ in range(3):
        assert running.claim(job.pk) is not None
        lapse(job)
    assert running.claim(job.pk) is None
    job.refresh_from_db()
    assert (job.state, job.lost) == (JobState.DEAD, 3)


def test_a_dead_job_is_retried_by_whoever_may(effects: list[int]) -> None:
    job = a_job(fails=9)
    for _ in range(3):
        make_due(job)
        lease = running.claim(job.pk)
        assert lease
        assert not running.run(lease)
    at = timezone.now()
    outsider, administrator = a_user().as_actor(), a_member("administrator").as_actor()
    with pytest.raises(NotAllowed), boundary.acting(outsider, at=at):
        running.retry(job, by=outsider, at=at, reason="please")
    with boundary.acting(administrator, at=at):
        running.retry(job, by=administrator, at=at, reason="fixed")
        with pytest.raises(Conflict):
            running.retry(job, by=administrator, at=at, reason="again")
    job.refresh_from_db()
    assert job.state == JobState.READY
    assert AuditEvent.objects.filter(object=job.ref, outcome="ok").count() == 1


def test_a_job_of_somebody_who_left_does_not_run(effects: list[int]) -> None:
    user = a_user(is_active=False)
    job = a_job()
    Job.objects.filter(pk=job.pk).update(actor=f"user:{user.pk}")
    lease = running.claim(job.pk)
    assert lease
    assert not running.run(lease)
    assert effects == []


def test_an_unknown_kind_fails_loudly() -> None:
    job = a_job()
    lease = running.claim(job.pk)
    assert lease
    assert not running.run(lease)
    job.refresh_from_db()
    assert "no job kind" in job.last_error


def test_any_number_of_planners_makes_one_slot() -> None:
    at = timezone.now()
    assert running.plan(at=at) > 0
    assert running.plan(at=at) == 0
    count = Job.objects.filter(kind="measure_sample").count()
    running.plan(at=at + timedelta(hours=6))
    assert Job.objects.filter(kind="measure_sample").count() == count + 1


@pytest.mark.django_db(transaction=True)
def test_a_job_dies_although_nobody_acts_any_more(effects: list[int]) -> None:
    with boundary.acting(actors.service("scheduler"), at=timezone.now()):
        job = a_job(fails=9)
    token = context._current.set(None)
    name_session("")
    try:
        for _ in range(3):
            make_due(job)
            lease = running.claim(job.pk)
            assert lease is not None
            assert not running.run(lease)
    finally:
        context._current.reset(token)
    alarm = Alarm.objects.get(ref=f"governance.job:{job.pk}")
    event = AuditEvent.objects.get(object=f"governance.alarm:{alarm.pk}")
    assert (event.act, event.actor) == ("row:governance_alarm:insert", "service:scheduler")
