"""Who asks for decisions: one query for the caller and the stamp of the directory."""

from datetime import datetime
from typing import Any

from django.db.models import Subquery

from governance import tokens
from governance.domain import callers
from governance.domain.callers import Caller, Scope
from governance.models import DirectoryHead, EnforcementPoint
from governance.tokens import BadToken

_COLUMNS = ("slug", "scopes", "types", "assertable", "rate")


def by_key(key: str, *, at: datetime) -> Caller | None:
    """Return the caller whose key this is, if it is in force."""
    row = _rows(at).filter(digest=callers.digest(key)).values(*_COLUMNS, "directory").first()
    return _caller(row, frozenset(Scope)) if row else None


def by_token(token: str, *, at: datetime) -> Caller | None:
    """Return the caller that a token of a trusted issuer names.

    The token's ``scope`` narrows what its issuer's tokens may do; without one they may all.

    Raises:
        Unavailable: the issuer's key set cannot be read.
    """
    try:
        issuer = tokens.issuer_of(token)
        row = (
            _rows(at)
            .filter(issuer=issuer)
            .values(*_COLUMNS, "directory", "audience", "jwks")
            .first()
        )
        if row is None:
            return None
        claims = tokens.verify(token, issuer=issuer, audience=row["audience"], location=row["jwks"])
    except BadToken:
        return None
    named = claims.get("scope")
    scopes = frozenset(named.split()) if isinstance(named, str) else frozenset(Scope)
    return _caller(row, scopes, client=str(claims.get("sub", "")))


def _rows(at: datetime) -> Any:
    stamp = Subquery(DirectoryHead.objects.values("stamp")[:1])
    return EnforcementPoint.objects.in_force(at).annotate(directory=stamp).order_by()


def _caller(row: dict[str, Any], scopes: frozenset[str], *, client: str = "") -> Caller:
    return Caller(
        slug=row["slug"],
        scopes=frozenset(row["scopes"]) & scopes,
        types=frozenset(row["types"]),
        assertable=frozenset(row["assertable"]),
        rate=row["rate"],
        directory=str(row["directory"] or ""),
        client=client,
    )
