"""What the steps of the demonstration share, and how they find people and places."""

from dataclasses import dataclass, field
from datetime import datetime

from config.demo import cast
from governance.domain.actor import Actor
from governance.models import Governed, Site, User


@dataclass(slots=True)
class Setting:
    """Who seeds, at which instant, and the records that it all began with."""

    by: Actor
    at: datetime
    roots: list[str] = field(default_factory=list)

    def remember(self, record: Governed) -> None:
        """Note ``record`` as one to take away when the demonstration is removed."""
        self.roots.append(record.ref)


def place(slug: str) -> Site:
    """Return a site of the demonstration; the empty slug is the enterprise."""
    return Site.objects.get(slug=slug) if slug else Site.objects.get(parent=None)


def person(email: str) -> User:
    """Return a person of the demonstration."""
    return User.objects.get(email=email)


def actor(name: str) -> Actor:
    """Return the actor of whoever's name begins with ``name``, as if fully signed in."""
    (email,) = [one.email for one in cast.PEOPLE if one.name.startswith(name)]
    return person(email).as_actor(has_mfa=True)
