"""Signatures of playbooks as they read here: by whom, as far as somebody trusts the key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.cacao import signing
from incidents.cacao.signing import Checked
from incidents.models import Signee


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature, and the ``name`` under which its key is trusted here; empty without one."""

    checked: Checked
    name: str

    @property
    def is_trusted(self) -> bool:
        """Whether it holds, by a key that somebody here answers for."""
        return self.checked.holds and bool(self.name)

    @property
    def words(self) -> str:
        """Say what it is worth; what it says of itself is no proof of who made it."""
        if not self.checked.holds:
            return f"not valid: {self.checked.problem}"
        return f"valid, by {self.name}" if self.name else "valid, by a key nobody here trusts"


def verified(content: dict[str, Any], *, at: datetime) -> list[Signed]:
    """Return what the signatures of a playbook are worth at ``at``, in one query."""
    checked = signing.verify(content, at=at)
    trusted = dict(
        Signee.objects.filter(
            ended_at=None, thumbprint__in=[one.thumbprint for one in checked if one.thumbprint]
        ).values_list("thumbprint", "name")
    )
    return [Signed(one, trusted.get(one.thumbprint, "")) for one in checked]
