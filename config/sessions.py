"""Sessions end by themselves: after half an hour of silence, and after eight hours anyway.

The interfaces for machines know no other proof of who somebody is, yet.
"""

from datetime import datetime

from django.contrib.auth import logout
from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

IDLE_SECONDS = 30 * 60
ABSOLUTE_SECONDS = 8 * 3600
GRAIN_SECONDS = 60
"""How coarse the note of the last request is: one write a minute, not one a request."""


def end_if_over(request: HttpRequest, *, at: datetime) -> bool:
    """Sign out whoever was silent or signed in for too long; return whether that was so."""
    if not request.user.is_authenticated:
        return False
    now = at.timestamp()
    began = request.session.get("began_at")
    seen = request.session.get("seen_at", now)
    if began is None:
        request.session["began_at"] = began = now
    if now - seen > IDLE_SECONDS or now - began > ABSOLUTE_SECONDS:
        logout(request)
        return True
    if now - seen >= GRAIN_SECONDS or "seen_at" not in request.session:
        request.session["seen_at"] = now
    return False


class SessionSignIn(SessionAuthentication):
    """Asks who is not signed in to do so: 401 with a challenge (RFC 9110, section 11.6.1).

    Stock REST framework names no scheme for sessions, and then answers 403 as if signing in
    were no help.
    """

    def authenticate_header(self, request: Request) -> str:
        return 'Session realm="wardroom"'
