"""Encryption of what must be read back: connection strings and second factors."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from governance.errors import Unavailable


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.BOX_KEYS])


def seal(text: str) -> str:
    """Encrypt under the newest key (Fernet: AES-128-CBC and HMAC-SHA-256)."""
    return _box().encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """Decrypt what :func:`seal` made, under any key still listed.

    Raises:
        Unavailable: no listed key opens it.
    """
    try:
        return _box().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise Unavailable("A stored secret cannot be opened with the keys in MFA_KEYS.") from error
