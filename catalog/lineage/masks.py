"""Expressions after which less of a value is left, told by their form alone."""

from typing import Any

from sqlglot import exp

from catalog.lineage.flows import HASH, PARTIAL, YEAR

LONGEST_PART = 4
"""Characters that still count as a part: ``left(name, 1000)`` is the name itself."""

_HASHES = (exp.MD5, exp.MD5Digest, exp.SHA, exp.SHA1Digest, exp.SHA2, exp.SHA2Digest)
_HASH_NAMES = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "digest", "hmac"})
_YEARS = frozenset({"year", "decade", "century", "millennium"})
_YEAR_FORMATS = frozenset({"%y", "yyyy", "yy"})


def masked(node: Any) -> tuple[str, Any] | None:
    """Return the mask that ``node`` is and the expression under it, or None.

    Hashes hide the value, whatever is hashed. A part counts only of a column itself and only
    with a literal length of at most `LONGEST_PART`; a date counts when cut to its year.
    """
    if isinstance(node, _HASHES):
        return HASH, node.this
    if isinstance(node, exp.Anonymous):
        if str(node.this).lower() in _HASH_NAMES and node.expressions:
            return HASH, node.expressions[0]
        return None
    if isinstance(node, exp.Left | exp.Right):
        return _part(node.this, node.expression)
    if isinstance(node, exp.Substring):
        return _part(node.this, node.args.get("length"))
    return _year(node)


def _year(node: Any) -> tuple[str, Any] | None:
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        return (YEAR, node.this) if _word(node.args.get("unit")) in _YEARS else None
    if isinstance(node, exp.Extract):
        return (YEAR, node.expression) if _word(node.this) in _YEARS else None
    if isinstance(node, exp.Year):
        return YEAR, node.this
    if isinstance(node, exp.TimeToStr):
        return (YEAR, node.this) if _word(node.args.get("format")) in _YEAR_FORMATS else None
    return None


def _word(node: Any) -> str:
    """Return a literal or a keyword in lower case; PostgreSQL prints literals with a cast."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    is_word = isinstance(node, exp.Literal | exp.Var)
    return str(node.name).lower() if is_word else ""


def _part(value: Any, length: Any) -> tuple[str, Any] | None:
    under = value
    while isinstance(under, exp.Cast | exp.Paren | exp.Collate):
        under = under.this
    if not isinstance(under, exp.Column) or not isinstance(length, exp.Literal):
        return None
    # Of a cast length ('2'::integer) or a negative one nothing is claimed.
    if length.is_string or not length.name.isdigit() or int(length.name[:9]) > LONGEST_PART:
        return None
    return PARTIAL, value
