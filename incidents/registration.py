"""What incidents hand down to the ground."""

from datetime import datetime

from governance import registries
from governance.domain.actor import Actor
from governance.registries import AlarmText, JobKind, JobRun, Mask, Sweep
from incidents import measures
from incidents.actions import (
    alarming,
    escalating,
    improving,
    notifying,
    own_acts,
    promoting,
    stepping,
    working,
)
from incidents.executors import acts
from incidents.permissions import Act
from incidents.queries import approvals, learning, notices, runbooks, waiting


def _take(alarm: AlarmText, by: Actor, at: datetime) -> None:
    alarming.take(alarm, by=by, at=at)


def _promote(run: JobRun) -> None:
    promoting.raise_alarms(by=run.by, at=run.at)


def _warn(run: JobRun) -> None:
    notifying.warn(at=run.at)


def _remind(run: JobRun) -> None:
    improving.warn(at=run.at)


def _escalate(run: JobRun) -> None:
    escalating.look(by=run.by, at=run.at)


registries.alarms.add("incidents", _take)
for _name, _act in own_acts.ACTS.items():
    acts.acts.add(_name, _act)
registries.duties.add("incidents.notices", notices.duties)
registries.duties.add("incidents.learning", learning.duties)
registries.job_kinds.add(
    "watch_actions", JobKind(_remind, "Remind of actions that are due", every_seconds=6 * 3600)
)
registries.job_kinds.add(
    "watch_notices", JobKind(_warn, "Warn of notices that are due", every_seconds=600)
)
registries.job_kinds.add(
    "watch_waits",
    JobKind(
        _escalate,
        "Tell of approvals that wait, and of steps that run out of time",
        every_seconds=15,
    ),
)
registries.sweeps.add(stepping.SWEEP, Sweep(working.due, working.look, every_seconds=1))
registries.duties.add("incidents", waiting.duties)
registries.duties.add("incidents.approvals", approvals.duties)
registries.duties.add("incidents.runbooks", runbooks.duties)
for kind in ("catalog.asset", "partners.partner", "partners.product", "governance.governedsystem"):
    registries.panels.add(f"{kind}:incidents", waiting.panels)
for slug, measure in measures.MEASURES.items():
    registries.measures.add(slug, measure)
# The document is long and pinned by its digest, which the log keeps.
registries.masks.add("incidents.run", Mask(secret=("document",)))
registries.masks.add("incidents.runbookversion", Mask(secret=("document",)))
registries.masks.add("incidents.ruleset", Mask(secret=("document",)))
registries.masks.add("incidents.commandrun", Mask(ignored=("lease_until", "worker")))
registries.job_kinds.add(
    "raise_alarms",
    JobKind(_promote, "Declare incidents of alerts that are alarms", every_seconds=15),
)
registries.unaudited.add(
    "incidents.signal",
    "is kept as it came and never changed; each batch is recorded with its digest",
)
# Counted with each batch; what an alert is and what became of it is recorded.
registries.masks.add("incidents.alert", Mask(ignored=("count", "last_seen_at")))
registries.acts.add("incidents", Act)
# All that the portal meets of incidents: copies made for its partner.
registries.portal.add("incidents_partnerslice", "SELECT")
registries.portal.add("incidents_partnerentry", "SELECT, INSERT")
for label in ("token", "steprun"):
    registries.unaudited.add(
        f"incidents.{label}",
        "where the engine stands; what it does is in the commands, the cards and the timeline",
    )
