"""Who may ask for decisions from outside: admitted, trusted, revoked."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from governance import audit, tokens
from governance.access import require
from governance.domain import callers
from governance.domain.actor import Actor
from governance.domain.callers import Scope
from governance.domain.decisions import Decision, Reason
from governance.errors import BadInput, Conflict, NotAllowed
from governance.models import Credential, EnforcementPoint
from governance.permissions import Act

_ASSERTABLE = re.compile(r"(subject|resource|context)\.(\*|[A-Za-z_][A-Za-z0-9_]{0,79})")


@transaction.atomic
def admit(
    *,
    slug: str,
    name: str,
    scopes: Sequence[str],
    by: Actor,
    at: datetime,
    types: Sequence[str] = (),
    assertable: Sequence[str] = (),
    rate: int = 6000,
    valid_to: datetime | None = None,
) -> tuple[EnforcementPoint, str]:
    """Let a system ask with a new key; return the key, which is shown once and never stored.

    Raises:
        NotAllowed: ``by`` may not, or is a person without a proven second factor.
        Conflict: the name is taken.
        BadInput: a scope or an attribute that there is not.
    """
    key = callers.new_key()
    point = EnforcementPoint(
        slug=slug, name=name, credential=Credential.KEY, digest=callers.digest(key)
    )
    _admit(point, scopes, types, assertable, rate, valid_to, by=by, at=at)
    return point, key


@transaction.atomic
def trust(
    *,
    slug: str,
    name: str,
    issuer: str,
    audience: str,
    jwks: str,
    scopes: Sequence[str],
    by: Actor,
    at: datetime,
    types: Sequence[str] = (),
    assertable: Sequence[str] = (),
    rate: int = 6000,
    valid_to: datetime | None = None,
) -> EnforcementPoint:
    """Let systems ask with tokens of ``issuer`` that are made out to ``audience``.

    Raises:
        NotAllowed: ``by`` may not, or is a person without a proven second factor.
        Conflict: the name is taken, or the issuer is trusted already.
        BadInput: a scope or an attribute that there is not, or keys at a place not listed.
    """
    tokens.check_location(jwks)
    if not issuer or not audience:
        raise BadInput("Issuer and audience are both needed.", pointer="/issuer")
    if EnforcementPoint.objects.filter(issuer=issuer, revoked_at=None).exists():
        raise Conflict(f"{issuer} is trusted already")
    point = EnforcementPoint(
        slug=slug,
        name=name,
        credential=Credential.ISSUER,
        issuer=issuer,
        audience=audience,
        jwks=jwks,
    )
    _admit(point, scopes, types, assertable, rate, valid_to, by=by, at=at)
    return point


@transaction.atomic
def revoke(point: EnforcementPoint, *, by: Actor, at: datetime, reason: str) -> None:
    """End a key or the trust in an issuer; the next request is refused.

    Raises:
        NotAllowed: ``by`` may not, or is a person without a proven second factor.
        Conflict: it is revoked already.
    """
    _require_proven(point, Act.PEP_REVOKE, by, at)
    rows = EnforcementPoint.objects.filter(pk=point.pk, revoked_at=None)
    if not rows.update(revoked_at=at, revoked_by=by.ref, reason=reason):
        raise Conflict(f"{point} is revoked already")
    audit.record(by=by, act=Act.PEP_REVOKE, ref=point.ref, at=at, slug=point.slug, reason=reason)


def _admit(
    point: EnforcementPoint,
    scopes: Sequence[str],
    types: Sequence[str],
    assertable: Sequence[str],
    rate: int,
    valid_to: datetime | None,
    *,
    by: Actor,
    at: datetime,
) -> None:
    point.scopes, point.types = sorted(set(scopes)), sorted(set(types))
    point.assertable, point.rate, point.valid_to = sorted(set(assertable)), rate, valid_to
    point.created_at, point.created_by = at, by.ref
    _require_proven(point, Act.PEP_ADMIT, by, at)
    if unknown := set(scopes) - set(Scope):
        raise BadInput(f"No such scope: {', '.join(sorted(unknown))}.", pointer="/scopes")
    if not scopes:
        raise BadInput("At least one scope is needed.", pointer="/scopes")
    for pattern in assertable:
        if not _ASSERTABLE.fullmatch(pattern):
            raise BadInput(
                f"{pattern[:80]!r} is not subject.<name>, resource.<name> or context.<name>."
            )
    if EnforcementPoint.objects.filter(slug=point.slug).exists():
        raise Conflict(f"{point.slug} is known already")
    point.full_clean()
    point.save()
    audit.record(
        by=by,
        act=Act.PEP_ADMIT,
        ref=point.ref,
        at=at,
        slug=point.slug,
        credential=str(point.credential),
        issuer=point.issuer or None,
        scopes=point.scopes,
        types=point.types,
        assertable=point.assertable,
        rate=rate,
        valid_to=valid_to.isoformat() if valid_to else None,
    )


def _require_proven(point: EnforcementPoint, act: Act, by: Actor, at: datetime) -> None:
    """Ask the policy, and of people a second factor too."""
    require(by, act, point, at=at)
    if not by.is_service and not by.has_mfa:
        raise NotAllowed(str(act), point.ref, Decision(False, Reason.DENY_MFA))
