"""Handles of the AuthZEN access-request profile: what was refused, asked for and approved.

None of them permits anything. Each is signed for the one enforcement point that it was given
to, so that a guessed, changed or borrowed one is none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from governance.domain.actor import Actor
from governance.domain.authzen import Asked
from governance.models import AccessRequest, Grant, RequestState
from governance.queries import denials
from governance.queries.denials import DenialTooOld, InvalidDenialBinding

DENIAL_LASTS = timedelta(minutes=10)
_DENIAL, _TASK, _APPROVAL = (
    f"governance.authzen.{noun}" for noun in ("denial", "task", "approval")
)

STATUS = {
    RequestState.OPEN: "pending",
    RequestState.APPROVED: "pending",
    RequestState.GRANTED: "approved",
    RequestState.DENIED: "denied",
    RequestState.CANCELED: "cancelled",
    RequestState.EXPIRED: "expired",
}
"""States of requests as the profile names them; what is approved and not yet granted is pending."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an approval that came with a refused question amounts to, and what to do next.

    ``retry_after`` is in seconds, and given where waiting helps.
    """

    reason: str
    next_action: str
    retry_after: int | None = None


def bind(asked: Asked, evaluation_id: str, *, pep: str) -> str:
    """Return the binding of one refusal: it lasts ten minutes, for ``pep`` alone."""
    return signing.dumps([evaluation_id, *_what(asked), pep], salt=_DENIAL, compress=True)


def read(binding: str, asked: Asked, *, pep: str) -> tuple[UUID, str]:
    """Return the case of the refusal that ``asked`` asks from, and the id of its evaluation.

    Raises:
        InvalidDenialBinding: it is no binding of ours, or of another caller or question.
        DenialTooOld: it has ended.
    """
    try:
        said = signing.loads(binding, salt=_DENIAL, max_age=DENIAL_LASTS)
    except signing.SignatureExpired as error:
        raise DenialTooOld("A refusal can be asked from for ten minutes.") from error
    except (signing.BadSignature, ValueError) as error:
        raise InvalidDenialBinding("This refusal is none of ours.") from error
    evaluation_id, *what = said
    if what != [*_what(asked), pep]:
        raise InvalidDenialBinding("The refusal was of another question, or of another caller.")
    return denials.case_of(evaluation_id, asked.action, reference(asked)), evaluation_id


def reference(asked: Asked) -> str:
    """Return the reference of the record that is asked about."""
    return f"{asked.resource.type}:{asked.resource.id}"


def task_id(request: AccessRequest, *, pep: str) -> str:
    """Return the handle by which ``pep`` asks what became of ``request``."""
    return _handle(_TASK, request.pk, pep)


def task(handle: str, *, pep: str) -> AccessRequest | None:
    """Return the request of a handle that ``pep`` was given; None for any other text."""
    key = _key(_TASK, handle, pep)
    return AccessRequest.objects.filter(pk=key).first() if key is not None else None


def approval(request: AccessRequest, *, pep: str) -> dict[str, str] | None:
    """Return what a granted request is shown again with; None while nothing is granted."""
    grant = Grant.objects.filter(request=request).order_by("-pk").first()
    if grant is None or request.state != RequestState.GRANTED:
        return None
    return {
        "id": _handle(_APPROVAL, grant.pk, pep),
        "approved_at": _instant(grant.valid_from),
        "approved_until": _instant(grant.valid_to),
    }


def judge(shown: object, asked: Asked, who: Actor | None, *, pep: str, at: datetime) -> Verdict:
    """Say why ``asked`` was refused although an approval was shown with it.

    The policy has decided already and did not go by the approval, but by the grant itself.
    """
    handle = shown.get("id") if isinstance(shown, dict) else None
    key = _key(_APPROVAL, handle, pep) if isinstance(handle, str) else None
    grant = Grant.objects.filter(pk=key).first() if key is not None else None
    if grant is None:
        return Verdict("approval_unverifiable", "none")
    given_to = f"user:{grant.grantee_id}"
    if (given_to, grant.act, grant.resource) != (
        who.ref if who else "", asked.action, reference(asked),
    ):  # fmt: skip
        return Verdict("out_of_scope", "request")
    is_over = grant.valid_to <= at or (grant.revoked_at is not None and grant.revoked_at <= at)
    if is_over:
        return Verdict("approval_expired", "request")
    if grant.valid_from > at:
        wait = int((grant.valid_from - at).total_seconds()) + 1
        return Verdict("grant_pending", "retry", wait)
    return Verdict("policy_denied", "none")


def _what(asked: Asked) -> list[str]:
    """Return what a refusal was about; of the context the purpose alone is authorization."""
    purpose = asked.context.get("purpose")
    bound = purpose if isinstance(purpose, str) else ""
    return [asked.subject.type, asked.subject.id, asked.action, reference(asked), bound]


def _handle(salt: str, key: int, pep: str) -> str:
    return f"{key}.{salted_hmac(salt, f'{pep} {key}', algorithm='sha256').hexdigest()[:32]}"


def _key(salt: str, handle: str, pep: str) -> int | None:
    key = handle.partition(".")[0]
    if not (key.isascii() and key.isdecimal() and len(key) <= 18):
        return None
    is_ours = constant_time_compare(handle, _handle(salt, int(key), pep))
    return int(key) if is_ours else None


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
