"""What interfaces that take a file share: where its bytes go, how many, for which product."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.board import when, who
from governance.errors import BadInput
from partners import queries
from partners.api.doors import Contacts, once
from partners.errors import TooLarge
from partners.models import Product
from partners.sbom.receiving import ReceivedFile, ReceivingHandler

MULTIPART_ROOM = 64 * 2**10


class Uploads(Contacts, APIView):
    """Takes the file ``field`` of a form, up to ``limit`` bytes, for the form's product."""

    parser_classes = [MultiPartParser]
    field: ClassVar[str]
    limit: ClassVar[int]

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Say where the file goes before any of it is read."""
        self.handler = ReceivingHandler(Path(settings.MEDIA_ROOT), limit=self.limit)
        request.upload_handlers = [self.handler]
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        self.handler.discard_unfinished()
        return super().finalize_response(request, response, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if int(request.headers.get("Content-Length") or 0) > self.limit + MULTIPART_ROOM:
            raise self._too_large()
        super().initial(request, *args, **kwargs)

    def taken(
        self, request: Request, answer: Callable[[ReceivedFile, Product], tuple[Response, bool]]
    ) -> Response:
        """Answer for the file with ``answer``, which says whether it keeps the bytes."""
        file = request.FILES.get(self.field)
        if self.handler.is_too_large:
            raise self._too_large()
        if not isinstance(file, ReceivedFile):
            raise BadInput("The form has no file of this name.", pointer=f"/{self.field}")
        is_kept = False

        def whole() -> Response:
            nonlocal is_kept
            response, is_kept = answer(file, self._product(request, file))
            return response

        try:
            slug = request._request.POST.get("product", "")
            return once(request, self.partner, f"{file.sha256} {slug}".encode(), whole)
        finally:
            if not is_kept:
                file.discard()

    def _product(self, request: Request, file: ReceivedFile) -> Product:
        if not file.size:
            raise BadInput("The file is empty.", pointer=f"/{self.field}")
        by, at = who(request._request), when(request._request)
        slug = request._request.POST.get("product", "").replace("\0", "")
        product = queries.products(to=by, at=at).filter(slug=slug).first()
        if product is None:
            raise BadInput("This is no slug of a product of yours.", pointer="/product")
        return product

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"More than {self.limit // 2**20} MiB; nothing was kept.", pointer=f"/{self.field}"
        )
