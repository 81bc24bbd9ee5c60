"""Files that browsers send: their size is judged, and where they go is set, before any is read."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from governance.board import who
from partners.sbom.receiving import ReceivedFile, ReceivingHandler

MULTIPART_ROOM = 64 * 2**10
SIGNED_IN = "user:"
MISSING = "Choose a file; this one was missing or empty."
Kept = TypeVar("Kept")


class Refusal(Exception):
    """Why there is no file, in words for who sent it, with the status of the answer."""

    def __init__(self, text: str, *, status: int = 422) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class Sent:
    """What one request sends under the name ``field``, up to ``limit`` bytes."""

    def __init__(self, request: HttpRequest, field: str, *, limit: int) -> None:
        self._request = request
        self._field = field
        self._limit = limit
        self._handler = ReceivingHandler(Path(settings.MEDIA_ROOT), limit=limit)

    def answered(self, answer: Callable[["Sent"], HttpResponse]) -> HttpResponse:
        """Read the body and answer; bytes of a file that broke off are removed."""
        self._request.upload_handlers = [self._handler]
        try:
            if who(self._request).ref.startswith(SIGNED_IN) and not self.is_too_long:
                # A slow sender must not hold a transaction: the file is here before one begins.
                self._request.POST  # noqa: B018 - reads the body
            return answer(self)
        finally:
            self._handler.discard_unfinished()

    @property
    def is_too_long(self) -> bool:
        """Say whether the request is longer than any that is read."""
        length = int(self._request.headers.get("Content-Length") or 0)
        return length > self._limit + MULTIPART_ROOM

    @property
    def too_large(self) -> Refusal:
        """What is said of a file over the limit."""
        return Refusal(
            f"The file is larger than {self._limit // 2**20} MiB and was not kept. Leave out "
            "embedded attachments, or split the product into several documents.",
            status=413,
        )

    def keep(self, receive: Callable[[ReceivedFile], tuple[Kept, bool]]) -> Kept:
        """Hand the file to ``receive``; its bytes go unless that says that it keeps them.

        Raises:
            Refusal: the file is missing, empty or too large, or ``receive`` says so.
        """
        file = None if self.is_too_long else self._request.FILES.get(self._field)
        if self.is_too_long or self._handler.is_too_large:
            raise self.too_large
        if not isinstance(file, ReceivedFile):
            raise Refusal(MISSING)
        is_kept = False
        try:
            if not file.size:
                raise Refusal(MISSING)
            kept, is_kept = receive(file)
        finally:
            if not is_kept:
                file.discard()
        return kept
