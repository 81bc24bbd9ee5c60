"""What views below ``/api/v1/runbooks/`` share: reading rights, and finding a version."""

from collections.abc import Mapping
from typing import Any

from rest_framework import generics, serializers
from rest_framework.parsers import BaseParser

from governance import access
from governance.board import when, who
from governance.errors import NotFound
from incidents.cacao.document import MAX_BYTES
from incidents.domain.runbooks import VersionState
from incidents.models import Runbook, RunbookVersion
from incidents.permissions import Act


class Document(BaseParser):
    """The bytes of a playbook as they were sent: their own reader judges them."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes of the body, up to one more than are taken."""
        return stream.read(MAX_BYTES + 1)


class RunbookVersionRow(serializers.ModelSerializer[RunbookVersion]):
    """One version; ``sha256`` is that of its bytes. A draft waits for a second person."""

    runbook = serializers.SlugField(source="runbook.slug")
    state = serializers.ChoiceField(choices=[one.value for one in VersionState])

    class Meta:
        model = RunbookVersion
        fields = (
            "runbook", "number", "state", "sha256", "change", "written_by", "written_at",
            "approved_by", "approved_at", "retired_by", "retired_at",
        )  # fmt: skip


class OfRunbooks(generics.GenericAPIView[Any]):
    """A view about runbooks: whoever reads them at some site reads all of them."""

    queryset = Runbook.objects.none()

    def reader(self) -> None:
        """Let readers through alone.

        Raises:
            NotFound: the caller reads runbooks nowhere.
        """
        request = self.request._request
        kind = Runbook.resource_type()
        if not access.allows_somewhere(who(request), Act.RUNBOOK_READ, kind, at=when(request)):
            raise NotFound("There is no such runbook, or none for you.")

    def book(self) -> Runbook:
        """Return the runbook of the address.

        Raises:
            NotFound: there is none, or none for the caller.
        """
        self.reader()
        rows = Runbook.objects.select_related("owner").filter(slug=self.kwargs["slug"])
        found = rows.first()
        if found is None:
            raise NotFound("There is no such runbook, or none for you.")
        return found

    def version(self) -> RunbookVersion:
        """Return the version of the address.

        Raises:
            NotFound: the runbook has none of this number.
        """
        rows = self.book().versions.select_related("runbook")
        found = rows.filter(number=self.kwargs["number"]).first()
        if found is None:
            raise NotFound("This runbook has no such version.")
        return found
