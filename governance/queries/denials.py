"""From a refusal to the request that it leads to: one case, bound to who was refused what.

The binding is signed and ends; it permits nothing. It only says that this refusal happened, so
that request and grant carry on its case.
"""

from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.core import signing

from governance.errors import Refused

LASTS = timedelta(days=7)
_SALT = "governance.denial"


class InvalidDenialBinding(Refused):
    """The refusal that a request names was another one: of somebody else, or of something else."""

    code = "invalid_denial_binding"


class DenialTooOld(Refused):
    """The refusal is too long ago to ask from: do it again, and ask then."""

    code = "denial_too_old"
    status = 410
    title = "Too long ago"


def case_of(request_id: str, act: str, ref: str) -> UUID:
    """Return the case of the refusal of ``act`` on ``ref`` in one call; the same each time."""
    return uuid5(NAMESPACE_URL, f"wardroom:denial:{request_id}:{act}:{ref}")


def bind(*, request_id: str, subject: str, act: str, ref: str) -> str:
    """Return the signed binding that the form and the API take."""
    return signing.dumps([request_id, subject, act, ref], salt=_SALT, compress=True)


def read(binding: str, *, subject: str, act: str, ref: str) -> tuple[UUID, str]:
    """Return the case and the call that was refused.

    Raises:
        InvalidDenialBinding: it is no binding of ours, or of another subject, act or record.
        DenialTooOld: it has ended.
    """
    try:
        said = signing.loads(binding, salt=_SALT, max_age=LASTS)
    except signing.SignatureExpired as error:
        raise DenialTooOld(f"A refusal leads to a request for {LASTS.days} days.") from error
    except signing.BadSignature as error:
        raise InvalidDenialBinding("This refusal is none of ours.") from error
    request_id, *what = said
    if what != [subject, act, ref]:
        raise InvalidDenialBinding("The refusal was of somebody else, or of something else.")
    return case_of(request_id, act, ref), request_id
