"""What tags and classifications of other tools mean as labels: proposals for people."""

from types import MappingProxyType

from catalog.domain.labels import FLOORS, Label, Level

_PERSONAL = frozenset(
    {"pii", "contains_pii", "is_pii", "personal", "personal_data", "gdpr", "sensitive_pii"}
)
_LEVELED = frozenset(
    {"classification", "sensitivity", "confidentiality", "data_classification", "level"}
)
_NO = frozenset({"false", "no", "0", "none", "n"})
LEVELS = MappingProxyType(
    {
        "public": Level.PUBLIC,
        "open": Level.PUBLIC,
        "internal": Level.INTERNAL,
        "confidential": Level.CONFIDENTIAL,
        "sensitive": Level.CONFIDENTIAL,
        "restricted": Level.RESTRICTED,
        "secret": Level.RESTRICTED,
        "highly_confidential": Level.RESTRICTED,
    }
)
"""Words for levels as other tools write them, folded by `folded`."""


def folded(text: str) -> str:
    """Return ``text`` in lower case with underscores."""
    return "_".join(text.replace("-", " ").replace("_", " ").casefold().split())


def label_of(tag: str, value: str = "") -> Label | None:
    """Return what the ``tag`` says; None if it says nothing about sensitivity.

    A tag may be a word (``pii``), a word with a value (``classification: restricted``), or a
    category of the taxonomy (``user.contact.email``).
    """
    name, told = folded(tag), folded(value)
    if told in _NO:
        return None
    if name in _PERSONAL:
        return Label(Level.CONFIDENTIAL, frozenset({"user"}))
    if name in _LEVELED:
        return classification(value)
    return classification(tag) if not value or told in ("true", "yes", "1") else None


def classification(text: str) -> Label | None:
    """Return the label that a word of a contract or tag names; None if it is another word."""
    name = folded(text)
    if name in LEVELS:
        return Label(LEVELS[name])
    if name in _PERSONAL:
        return Label(Level.CONFIDENTIAL, frozenset({"user"}))
    category = text.strip().casefold()
    parts = category.split(".")
    if not all(parts) or len(category) > 80 or (parts[0] not in ("user", "x", "system")):
        return None
    if len(parts) == 1 and category not in FLOORS:
        return None
    return Label(Level.INTERNAL, frozenset({category})).raised()
