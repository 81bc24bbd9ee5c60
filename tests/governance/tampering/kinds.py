"""The registry of kinds of attacks."""

from collections.abc import Callable

from tests.governance.tampering.attacker import Attacker, Expected

Kind = Callable[[Attacker], Expected]
KINDS: dict[str, Kind] = {}


def kind(attack: Kind) -> Kind:
    """Register ``attack`` under its name."""
    assert attack.__name__ not in KINDS
    KINDS[attack.__name__] = attack
    return attack
