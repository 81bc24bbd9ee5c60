"""Signing in as the pages do it, and the three states of the second factor."""

import base64
import hmac
import struct
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from governance.models import User

PASSWORD = "a long sentence of words"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def totp(secret: str, at: float | None = None) -> str:
    """Return the code of RFC 6238 (SHA-1, 30 s, six digits) at ``at``."""
    counter = struct.pack(">Q", int(time.time() if at is None else at) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, "sha1").digest()
    offset = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06d}"


def fresh_totp(secret: str) -> str:
    """Return a code with at least five seconds to live: at most five seconds are waited."""
    if (left := 30 - time.time() % 30) < 5:
        time.sleep(left)
    return totp(secret)


@transaction.atomic
def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


@transaction.atomic
def with_app(user: User) -> Authenticator:
    """Give ``user`` an authenticator app with a known secret."""
    return TOTP.activate(user, SECRET).instance


@transaction.atomic
def in_session(user: User) -> Client:
    """Return a client with a session of ``user`` and no proof of anything."""
    client = Client()
    client.force_login(user)
    return client


def prove(client: Client, user: User, *, seconds_ago: float = 0) -> Client:
    """Note a second factor in the session as allauth does, that long ago."""
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "at": time.time() - seconds_ago, "type": "totp"}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    # As after the first request, so that counting queries does not count beginning a session.
    session["began_at"] = session["seen_at"] = time.time()
    session.save()
    return client


def proven(user: User, *, seconds_ago: float = 0) -> Client:
    """Return a client of ``user`` who has proven the app that long ago."""
    if not Authenticator.objects.filter(user=user).exists():
        with_app(user)
    return prove(in_session(user), user, seconds_ago=seconds_ago)


def step_one(client: Client, user: User, password: str = PASSWORD, **headers: str) -> object:
    return client.post(
        "/accounts/login/", {"login": user.email, "password": password}, headers=headers or None
    )


def forget_limits() -> None:
    """Forget failed tries and used codes of earlier tests."""
    cache.clear()
