"""``manage.py import_vex``: take a supplier's VEX document for one product."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from governance.commands import OperatorCommand
from governance.errors import NotFound
from partners.actions import vex_documents
from partners.errors import UnreadableVex
from partners.models import Product

SHOWN = 10


class Command(OperatorCommand):
    help = "Take a VEX document (CycloneDX in JSON or XML, OpenVEX 0.2, CSAF 2.0) for a product."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--partner", required=True, help="slug of the partner")
        parser.add_argument("--product", required=True, help="slug of the product")

    def act(self, **options: Any) -> dict[str, Any]:
        product = (
            Product.objects.filter(slug=options["product"], partner__slug=options["partner"])
            .select_related("partner", "site")
            .first()
        )
        if product is None:
            raise NotFound("There is no such product of this partner.")
        path: Path = options["path"]
        try:
            with path.open("rb") as file:
                body = file.read(vex_documents.MAX_BYTES + 1)
        except OSError as error:
            reason = error.strerror or "cannot be read"
            raise UnreadableVex(f"{path.name}: {reason}") from None
        taken = vex_documents.take(body, product=product, by=self.by, at=self.at)
        if not taken.is_new:
            self.say("These bytes were taken before; nothing changed.")
        self.say(f"{taken.accepted} claims count, {taken.pending} wait for a review.")
        skipped = list(
            taken.document.statements.exclude(reason="").values("place", "subject", "reason")
        )
        for one in skipped[:SHOWN]:
            self.say(f"  {one['place']}: {one['subject']} {one['reason']}".replace("  ", " "))
        if len(skipped) > SHOWN:
            self.say(f"  and {len(skipped) - SHOWN} more")
        return {
            "document": str(taken.document.pk),
            "format": taken.document.format,
            "is_new": taken.is_new,
            "accepted": taken.accepted,
            "pending": taken.pending,
            "skipped": skipped,
        }
