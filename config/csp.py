"""Content Security Policy by address, and the other headers of every answer.

Unfold's scripts evaluate expressions, so ``/admin/`` alone allows ``unsafe-eval`` and
inline styles; inline scripts run nowhere.
"""

_STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)
_BOARD = _STRICT.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)
_MACHINE = "default-src 'none'; frame-ancestors 'none'"


def policy_for(path: str) -> str:
    """Return the policy for an address."""
    if path.startswith("/admin/"):
        return _BOARD
    if path.startswith(("/api/", "/portal/api/", "/access/")):
        return _MACHINE
    return _STRICT


def headers_for(path: str) -> dict[str, str]:
    """Return the security headers for an address."""
    return {
        "Content-Security-Policy": policy_for(path),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
