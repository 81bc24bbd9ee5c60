"""What the frame of every own page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the version for the footer and who is signed in for the header."""
    return {"version": settings.VERSION, "actor": getattr(request, "actor", None)}
