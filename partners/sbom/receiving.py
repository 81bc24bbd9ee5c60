"""Bytes on their way in: to a file while they are hashed and counted, never more than allowed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from partners.domain.sboms import Bounds

MAX_BYTES = Bounds().wire_bytes


class ReceivedFile(UploadedFile):  # type: ignore[type-arg]
    """A file that lies below ``folder`` as ``stored_as``, with its SHA-256 and size."""

    def __init__(self, *, name: str, folder: Path, stored_as: str, sha256: str, size: int) -> None:
        super().__init__(name=name, size=size)
        self.path = folder / stored_as
        self.stored_as = stored_as
        self.sha256 = sha256

    def discard(self) -> None:
        """Remove the bytes; a second call does nothing."""
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Do nothing: the file was closed when it was complete."""


class ReceivingHandler(FileUploadHandler):
    """Stores the first file of a request; of one that is too large nothing is kept.

    ``is_too_large`` says afterwards why there is no file. Whoever installs the handler calls
    ``discard_unfinished`` at the end: Django forgets handlers when a sender breaks off.
    """

    def __init__(self, folder: Path, *, limit: int = MAX_BYTES) -> None:
        super().__init__()
        self.is_too_large = False
        self._folder = folder
        self._limit = limit
        self._file: Any = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.discard_unfinished()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._stored_as = str(uuid4())
        self._hash = hashlib.sha256()
        self._size = 0
        self._file = (self._folder / self._stored_as).open("xb")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._size += len(raw_data)
        if self._size > self._limit:
            self.is_too_large = True
            raise StopUpload(connection_reset=True)
        self._hash.update(raw_data)
        self._file.write(raw_data)

    def file_complete(self, file_size: int) -> ReceivedFile:
        self._file.close()
        self._file = None
        return ReceivedFile(
            name=self.file_name or "sbom",
            folder=self._folder,
            stored_as=self._stored_as,
            sha256=self._hash.hexdigest(),
            size=self._size,
        )

    def discard_unfinished(self) -> None:
        """Remove a file that did not come to its end; a second call does nothing."""
        if self._file is not None:
            self._file.close()
            self._file = None
            (self._folder / self._stored_as).unlink(missing_ok=True)
