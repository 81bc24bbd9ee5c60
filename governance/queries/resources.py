"""What is known of a resource that access is asked to: its class, and who answers for it."""

from dataclasses import dataclass
from uuid import UUID

from governance import registries
from governance.domain import references
from governance.domain.ranks import LEVELS
from governance.models import GovernedSystem, User


@dataclass(frozen=True, slots=True)
class Facts:
    """Class, owner and steward of a resource; empty and None where nothing is known."""

    resource: str = ""
    level: str = ""
    is_personal: bool = False
    owner: User | None = None
    steward: User | None = None


def located(system: GovernedSystem, scope: str) -> str:
    """Return the reference of the record that ``scope`` names in ``system``; empty for none."""
    for _, locate in registries.locators:
        if found := locate(system.pk, scope):
            return found
    return ""


def facts(resource: str) -> Facts:
    """Return what the app that owns ``resource`` (a reference) hands down about it."""
    try:
        reference = references.parse(resource)
    except ValueError:
        return Facts()
    describe = registries.attributes.get(reference.type)
    known = describe(reference.key) if describe else {}
    level = str(known.get("level") or "")
    return Facts(
        resource,
        level if level in LEVELS else "",
        bool(known.get("is_personal")),
        _person(known.get("owner")),
        _person(known.get("steward")),
    )


def _person(reference: object) -> User | None:
    kind, _, key = str(reference or "").partition(":")
    if kind != "user":
        return None
    return User.objects.filter(pk=UUID(key), kind="person", is_active=True).first()
