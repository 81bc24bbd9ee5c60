"""Refusals of this app."""

from governance.errors import BadInput, Conflict, Refused


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


class PlaybookInvalid(BadInput):
    """The playbook breaks a rule of CACAO 2.0; the detail names it, the pointer its place."""

    code = "playbook_invalid"

    def __init__(self, rule: str, pointer: str, message: str) -> None:
        super().__init__(f"{rule} at {pointer or 'document'}: {message}", pointer=pointer)
        self.rule = rule


class NotRunning(Conflict):
    """The run has ended before."""

    code = "not_running"


class NoSuchChoice(Refused):
    """That is no answer to this question."""

    code = "no_such_choice"


class ValueUnfit(Refused):
    """A variable of the runbook does not take this value."""

    code = "value_unfit"


class ApprovalOver(Conflict):
    """The approval was given, refused, or has run out, or is about something else by now."""

    code = "approval_over"


class OwnCommand(Refused):
    """Others than whoever asked for a command pass it, each once."""

    code = "own_command"


class NoApprovedVersion(Refused):
    """No version of the runbook is approved, so it is not started."""

    code = "no_approved_version"


class OwnRunbook(Refused):
    """A second person approves the version that somebody brought in."""

    code = "own_runbook"


class AlreadyRunning(Conflict):
    """The runbook is being worked on in this incident."""

    code = "already_running"


class PrivacyOfficerDecides(Refused):
    """The rules ask the privacy officer: nobody else decides whether it is a breach."""

    code = "privacy_officer_decides"


class NoticeEnded(Conflict):
    """The notice was sent or ruled out before; the detail says how."""

    code = "notice_ended"


class OwnRules(Refused):
    """A second person approves the rules that somebody brought in."""

    code = "own_rules"


class RulesInvalid(BadInput):
    """The document is no set of rules; the detail says where and why."""

    code = "rules_invalid"


class HashDiffers(Refused):
    """The file that arrived is another than its sender hashed; it was not kept."""

    code = "hash_differs"


class CustodyRefused(Refused):
    """The chain of custody does not allow this act; the detail says why."""

    code = "custody_refused"


class TooLarge(Refused):
    """The file is larger than evidence may be; nothing of it was kept."""

    code = "evidence_too_large"
    status = 413


class NotNeutral(Refused):
    """Whoever commanded an incident does not facilitate its debrief."""

    code = "not_neutral"


class OwnAction(Refused):
    """Somebody else than its owner verifies an action."""

    code = "own_action"


class OwnWaiver(Refused):
    """A second person agrees to close without a gate, or to reopen."""

    code = "second_person_agrees"


class TooLate(Refused):
    """It was closed more than thirty days ago: a new incident is declared and linked."""

    code = "too_late_to_reopen"


class StaysInside(Refused):
    """The label of what was to be told a partner lets it not leave the house."""

    code = "stays_inside"
