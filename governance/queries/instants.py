"""Reading an instant as people type it."""

from datetime import UTC, datetime

from django.utils.dateparse import parse_date, parse_datetime

from governance.errors import BadInput


def read(text: str) -> datetime:
    """Return the instant; a day begins at midnight, and what names no zone is UTC.

    Raises:
        BadInput: it is none.
    """
    day = parse_date(text) if len(text) == 10 else None
    try:
        found = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001
    except ValueError:
        found = None
    if found is None:
        raise BadInput(f"no instant {text[:40]!r}: 2026-11-17 or 2026-11-17T09:45")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
