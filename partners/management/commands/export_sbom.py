"""``manage.py export_sbom``: the current bill of materials of a product as CycloneDX."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from governance.commands import OperatorCommand
from governance.errors import NotFound
from partners.models import Sbom
from partners.queries import sboms
from partners.sbom import writer


class Command(OperatorCommand):
    help = "Write the current SBOM of a partner's product, CycloneDX 1.6 JSON."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partner", required=True, help="its short name (slug)")
        parser.add_argument("--product", required=True, help="its slug")
        parser.add_argument("--out", required=True, type=Path, help="file to write")

    def act(self, **options: Any) -> dict[str, Any]:
        out: Path = options["out"]
        found = Sbom.objects.filter(
            product__partner__slug=options["partner"],
            product__slug=options["product"],
            is_current=True,
        )
        sbom = found.select_related("product").first()
        if sbom is None:
            raise NotFound("no SBOM of this product of this partner")
        body = writer.to_cyclonedx(
            sboms.parts(sbom),
            subject=sbom.subject_name or sbom.product.name,
            subject_version=sbom.subject_version,
            serial=uuid5(NAMESPACE_URL, sbom.ref),
            at=self.at,
        )
        out.write_bytes(body)
        count = sbom.stored + sbom.quarantined
        self.say(f"{out}: {count} components.")
        return {"file": str(out), "sbom": str(sbom.pk), "components": count, "bytes": len(body)}
