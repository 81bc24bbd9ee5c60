"""Refusals of the catalog."""

from governance.errors import Conflict, Refused, Unavailable


class NotHarvested(Unavailable):
    """The system could not be read; what the catalog knew of it stays as it was."""

    code = "system_not_harvested"


class AlreadyDecided(Conflict):
    """Of the chosen proposals none is open any more."""

    code = "already_decided"


class NoReason(Refused):
    """A decision against a proposal says why."""

    code = "reason_missing"
