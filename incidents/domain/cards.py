"""Cards: the steps of a running checklist, and who answers for them."""

from collections.abc import Collection
from enum import StrEnum


class CardState(StrEnum):
    """How a step stands. A step that was handed over still waits, for somebody else."""

    OPEN = "open"
    HANDED_OVER = "handed_over"
    DONE = "done"
    CANNOT = "cannot"
    WITHDRAWN = "withdrawn"

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still has to act."""
        return self in WAITING


WAITING = (CardState.OPEN, CardState.HANDED_OVER)

# Who acts for a role of the runbooks, as long as there are no duty rotas.
HOLDERS = {
    "SOC": "soc_analyst",
    "IT": "administrator",
    "Site operations": "site_operator",
    "Incident commander": "incident_commander",
    "Scribe": "soc_analyst",
    "Privacy officer": "board_member",
    "Partner liaison": "incident_commander",
}


def is_for(role: str, held: Collection[str]) -> bool:
    """Whether a step of the runbook role ``role`` is for somebody holding the roles ``held``."""
    return role in HOLDERS and HOLDERS[role] in held
