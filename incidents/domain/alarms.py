"""How an alarm of the ground reads as an incident."""

from incidents.domain.incidents import Severity

_TITLES = {
    "tamper": "The audit log does not prove itself",
    "backup_invalid": "A backup does not prove itself",
    "dead_job": "Background work gave up",
    "forensic_triage": "Forensic triage is asked for beside a patch",
    "stale_feed": "A feed has stopped bringing news",
}


def title(kind: str) -> str:
    """Return the title of an incident for alarms of ``kind``; one title, one open incident."""
    return _TITLES.get(kind) or f"Alarm: {kind.replace('_', ' ')}"


def severity(level: int) -> Severity:
    """Return the severity for an alarm of ``level`` 1 (worst) to 4.

    Raises:
        ValueError: another level.
    """
    return Severity(f"SEV{level}")
