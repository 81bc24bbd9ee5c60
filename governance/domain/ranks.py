"""Levels of sensitivity by their order, so that a clearance can be held against one."""

LEVELS = ("public", "internal", "confidential", "restricted")
"""From the least to the most sensitive; the catalog's levels are these."""


def rank(word: object) -> int:
    """Return the place of a level, 0 for the least sensitive: ``rank(r.sub.clearance) >= ...``.

    Raises:
        TypeError: ``word`` is no level. A condition that asks then refuses, whichever side of
            the comparison it stands on.
    """
    if type(word) is not str or word not in LEVELS:
        raise TypeError("this is no level")
    return LEVELS.index(word)
