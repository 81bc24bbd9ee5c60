"""``manage.py own_sbom``: Wardroom's own locked dependencies as CycloneDX."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings

from governance.commands import OperatorCommand
from governance.errors import BadInput
from partners.sbom import lock, writer

LOCK = "requirements.lock"


class Command(OperatorCommand):
    help = "Write Wardroom's own bill of materials, CycloneDX 1.6 JSON."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", required=True, type=Path, help="file to write")

    def act(self, **options: Any) -> dict[str, Any]:
        out: Path = options["out"]
        text = (Path(settings.BASE_DIR) / LOCK).read_text()
        try:
            components = lock.from_lock(text)
        except ValueError as error:
            raise BadInput(f"{LOCK}: {error}") from None
        body = writer.to_cyclonedx(
            components,
            subject="wardroom",
            subject_version=settings.VERSION,
            serial=uuid5(NAMESPACE_URL, f"{self.at.isoformat()} {text}"),
            at=self.at,
        )
        out.write_bytes(body)
        self.say(f"{out}: {len(components)} components.")
        return {"file": str(out), "components": len(components), "bytes": len(body)}
