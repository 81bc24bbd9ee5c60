"""Refusals of this app."""

from governance.errors import Conflict, Refused


class IncidentEnded(Refused):
    """It was closed, dismissed or merged: its milestones and steps are frozen."""

    code = "incident_ended"


class EvidenceMissing(Refused):
    """A SEV1 or SEV2 is not contained or restored without evidence."""

    code = "evidence_missing"


class ReasonMissing(Refused):
    """A correction, a reversed order, or a step that cannot be done needs its reason."""

    code = "reason_missing"


class GatesOpen(Refused):
    """It cannot be closed yet; the detail lists what is open."""

    code = "gates_open"


class NotUnderstood(Refused):
    """A command of the timeline that cannot be read; nothing was added."""

    code = "not_understood"


class AlreadyDone(Conflict):
    """Somebody finished this step before; the detail says who and when."""

    code = "already_done"


class AlreadyRunning(Conflict):
    """The runbook is being worked on in this incident."""

    code = "already_running"
