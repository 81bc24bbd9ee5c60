"""``Idempotency-Key``: what a caller sends so that a creating call, repeated, creates once."""

from uuid import UUID, uuid5

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from governance.errors import BadInput

HEADER = "Idempotency-Key"
LONGEST = 200


def parameter(verb: str, *, is_required: bool = True) -> OpenApiParameter:
    """Return the header as the OpenAPI document tells it; the same key ``verb``s once."""
    return OpenApiParameter(
        HEADER,
        str,
        OpenApiParameter.HEADER,
        required=is_required,
        description=f"1 to {LONGEST} printable characters; the same key {verb} once.",
    )


def token(request: Request, *, of: str, within: UUID) -> UUID:
    """Return what the key of ``request`` stands for.

    ``of`` is the reference of the caller, since two callers may choose the same key, and
    ``within`` the namespace of the endpoint, since one caller may use it at two.

    Raises:
        BadInput: there is no key, or not a printable one of up to 200 characters.
    """
    key = request.headers.get(HEADER, "")
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise BadInput(f"{HEADER}: send 1 to {LONGEST} printable ASCII characters.")
    return uuid5(within, f"{of} {key}")


def token_if_sent(request: Request, *, of: str, within: UUID) -> UUID | None:
    """Return :func:`token` where the key is optional; None where none was sent.

    Raises:
        BadInput: the key is not a printable one of up to 200 characters.
    """
    return token(request, of=of, within=within) if HEADER in request.headers else None
