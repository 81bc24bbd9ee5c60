"""Who acts: the one value that every action takes as ``by``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a named service actor.

    Attributes:
        ref: ``user:<uuid>`` for people, ``service:<slug>`` for service actors.
        name: what pages show; never used in a decision.
        party: opaque reference of the partner that a partner contact belongs to
            (``partners.partner:<uuid>``), empty for our own people.
        has_mfa: whether a second factor was proven in this session; conditions read it as
            ``r.env.mfa``. Service actors hold none: a rule that wants one permits them nothing.
    """

    ref: str
    name: str = ""
    party: str = ""
    has_mfa: bool = False

    @property
    def is_service(self) -> bool:
        return self.ref.startswith("service:")


def service(slug: str) -> Actor:
    """Return the named service actor ``slug``, for work that nobody asked for in person."""
    return Actor(ref=f"service:{slug}", name=slug)
