"""Whose signatures on playbooks count here: keys trusted by name, and trusted no longer."""

import hashlib
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from django.db import transaction

from governance import audit
from governance.access import require
from governance.domain.actor import Actor
from governance.errors import Conflict, Refused
from incidents.actions import noting
from incidents.cacao import keys
from incidents.errors import ReasonMissing
from incidents.models import Signee
from incidents.permissions import Act


def thumbprint(key: bytes) -> str:
    """Return the thumbprint of a public key in PEM or DER form.

    Raises:
        Refused: it is no public key.
    """
    loading = load_pem_public_key if b"-----BEGIN" in key else load_der_public_key
    try:
        found = loading(key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("This is no public key in PEM or DER form.") from error
    der = found.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return keys.encode(hashlib.sha256(der).digest())


@transaction.atomic
def trust(key: bytes, *, name: str, reason: str, by: Actor, at: datetime) -> Signee:
    """Trust signatures made with the public ``key`` as those of ``name``.

    Raises:
        NotAllowed: ``by`` may not.
        Refused: it is no public key, or has no name.
        ReasonMissing: nothing says how the key was checked.
        Conflict: it is trusted already.
    """
    require(by, Act.SIGNEE_TRUST, Signee(), at=at)
    name, reason = " ".join(noting.clean(name).split())[:120], noting.clean(reason)[:300]
    if not name:
        raise Refused("Say whose key this is.")
    if not reason:
        raise ReasonMissing(
            "Say how you know that it is theirs: told by phone, read on their page."
        )
    found = thumbprint(key)
    known = Signee.objects.filter(thumbprint=found, ended_at=None).first()
    if known is not None:
        raise Conflict(f"This key is trusted already, as that of {known.name}.")
    row = Signee.objects.create(
        name=name, thumbprint=found, reason=reason, trusted_by=by.ref, trusted_at=at
    )
    audit.record(
        by=by, act=Act.SIGNEE_TRUST, ref=row.ref, at=at, name=name, thumbprint=found, reason=reason
    )
    return row


@transaction.atomic
def end(row: Signee, *, reason: str, by: Actor, at: datetime) -> Signee:
    """Trust the key no longer: what it signed is by a key that nobody here trusts.

    Raises:
        NotAllowed: ``by`` may not.
        ReasonMissing: nothing says why.
        Conflict: it ended before.
    """
    require(by, Act.SIGNEE_TRUST, row, at=at)
    reason = noting.clean(reason)
    if not reason:
        raise ReasonMissing("Say why: lost, left, or replaced by another key.")
    if not Signee.objects.filter(pk=row.pk, ended_at=None).update(ended_by=by.ref, ended_at=at):
        raise Conflict("This key is trusted no longer.")
    audit.record(by=by, act=Act.SIGNEE_TRUST, ref=row.ref, at=at, ended=True, reason=reason)
    row.refresh_from_db()
    return row
