"""What the ground registers itself: its periodic work."""

from governance import registries
from governance.actions import measuring, telling
from governance.registries import JobKind, JobRun


def _mail(run: JobRun) -> None:
    telling.mail(str(run.payload["key"]), at=run.at)


def _hand_up(run: JobRun) -> None:
    telling.hand_up(by=run.by, at=run.at)


def _sample(run: JobRun) -> None:
    measuring.sample(by=run.by, at=run.at)


registries.job_kinds.add("notice_mail", JobKind(_mail, "Mail notices", max_attempts=8))
registries.job_kinds.add("alarm_hand_up", JobKind(_hand_up, "Hand alarms up", every_seconds=15))
registries.job_kinds.add(
    "measure_sample", JobKind(_sample, "Keep today's measures", every_seconds=6 * 3600)
)
