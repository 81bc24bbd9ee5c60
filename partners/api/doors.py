"""Whose interface this is: ours, or that of partner contacts."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance import boundary, context
from governance.api import idempotency
from governance.board import when, who
from governance.errors import ScopeMissing
from partners.actions import calls, reaching
from partners.api.keys import KeyHolder, PortalKeySignIn
from partners.domain.portal import Scope
from partners.models import Partner
from partners.queries import own_partner

NAMESPACE = UUID("0b6d1f0a-3a39-5d0e-8a3e-0a5f3f6f7b51")


class Staff(APIView):
    """For a partner contact the interface is not there."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if who(request._request).party:
            raise Http404


class Contacts(APIView):
    """For our people the portal's interface is not there; partners work behind the wall.

    They sign in, or send a key with the scope that ``scopes`` names for the method. What is not
    there for them is answered like what is not there at all, and recorded.
    """

    authentication_classes = [*APIView.authentication_classes, PortalKeySignIn]
    scopes: ClassVar[Mapping[str, Scope]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self._behind:
            response = super().dispatch(request, *args, **kwargs)
        if response.status_code == 404 and who(request).party:
            reaching.missed(request.path, by=who(request), at=when(request))
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in whom it concerns, and put the wall up.

        Raises:
            ScopeMissing: the key does not reach this far.
            Http404: one of our people, or a contact whose role is not in force.
        """
        super().initial(request, *args, **kwargs)
        plain, caller = request._request, request.user
        if isinstance(caller, KeyHolder):
            self._as_key(plain, caller)
        by = who(plain)
        if not by.party:
            raise Http404
        if plain.method not in SAFE_METHODS:
            # A slow sender must not hold a transaction: the body is here before one begins.
            request.data  # noqa: B018 - reads the body
        self._behind.enter_context(boundary.walled(by.party))
        partner = own_partner(by, at=when(plain))
        if partner is None:
            raise Http404
        self.partner = partner

    def _as_key(self, request: HttpRequest, caller: KeyHolder) -> None:
        wanted = self.scopes.get(str(request.method), Scope.READ)
        request.actor = caller.actor  # type: ignore[attr-defined]
        if wanted not in caller.scopes:
            reaching.out_of_scope(caller.ref, by=caller.actor, at=when(request))
            raise ScopeMissing(f"This needs the scope {wanted}.")
        outer = context.current()
        inner = self._behind.enter_context(
            boundary.acting(
                caller.actor,
                at=when(request),
                request_id=request.META["wardroom.request_id"],
                is_request=True,
            )
        )
        if outer is not None:
            self._behind.callback(lambda: outer.receipts.extend(inner.receipts))


def once(
    request: Request, partner: Partner, sent: bytes, answer: Callable[[], Response]
) -> Response:
    """Answer a creating call; one with the same ``Idempotency-Key`` again as the first time.

    Raises:
        Conflict: the key stood with another call before.
        BadInput: the key is not a printable one of up to 200 characters.
    """
    plain = request._request
    by, at = who(plain), when(plain)
    token = idempotency.token_if_sent(
        request, of=f"{partner.party} {by.ref} {plain.path}", within=NAMESPACE
    )
    if token is None:
        return answer()
    digest = hashlib.sha256(sent).hexdigest()
    with transaction.atomic():
        known = calls.known(token, digest=digest)
        if known is not None:
            headers = {"Location": known.place} if known.place else {}
            return Response(known.answer, status=known.status, headers=headers)
        response = answer()
        place = str(response.headers.get("Location", ""))
        calls.note(
            token, partner=partner, digest=digest, status=response.status_code,
            answer=response.data, place=place, by=by, at=at,
        )  # fmt: skip
    return response
