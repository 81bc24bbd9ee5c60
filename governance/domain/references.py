"""References: how one app names a record of another without importing it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """``app.model:key``, for example ``catalog.asset:42``."""

    type: str
    key: str

    def __str__(self) -> str:
        return f"{self.type}:{self.key}"


def parse(text: str) -> Reference:
    """Read a reference.

    Raises:
        ValueError: ``text`` has no ``app.model`` before the colon, or no key after it.
    """
    kind, colon, key = text.partition(":")
    app, dot, model = kind.partition(".")
    if not (colon and dot and app.isidentifier() and model.isidentifier() and key):
        raise ValueError(f"not a reference of the form app.model:key: {text[:80]!r}")
    return Reference(kind, key)
