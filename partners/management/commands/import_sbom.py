"""``manage.py import_sbom``: take the bill of materials of a partner's product."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from governance.models import Site
from partners.actions import receiving, registering
from partners.management.progress import phases
from partners.models import Partner, Product
from partners.queries import sboms

KNOWN = 20


class Command(OperatorCommand):
    help = "Import a CycloneDX or SPDX file and open, keep or close findings accordingly."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--partner", required=True, help="its short name (slug)")
        parser.add_argument(
            "--product", required=True, help="name or slug; a new one is registered"
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="return when it is read and matched, which this command does anyway",
        )
        parser.add_argument("--site", help="slug of the site that uses a new product")

    def act(self, **options: Any) -> dict[str, Any]:
        path: Path = options["file"]
        partner = _partner(str(options["partner"]))
        if not path.is_file():
            raise BadInput(f"{path.name}: is {'a folder' if path.is_dir() else 'missing'}")
        with phases(path.name, is_shown=self.is_interactive) as tell, transaction.atomic():
            product = self._product(partner, str(options["product"]), options["site"])
            intake, is_new = receiving.take_in(
                path, product=product, on_phase=tell, by=self.by, at=self.at
            )
        sbom = intake.sbom
        if sbom is None:
            raise RuntimeError("an intake that was taken in has an SBOM")
        if is_new:
            self.say(
                f"{product}: {sbom.received} components, {sbom.stored} stored, "
                f"{sbom.quarantined} set aside, {sbom.merged} repeated. "
                f"Findings: {intake.opened} opened, {intake.closed} closed, "
                f"{intake.unchanged} unchanged. It tells {sbom.quality} of 100."
            )
            if intake.diff is not None:
                counted = ", ".join(f"{count} {kind}" for kind, count in intake.diff.items())
                self.say(f"  Components since the last: {counted}.")
        else:
            self.say(f"{product}: this file was taken in on {intake.received_at:%b %d, %Y}.")
        for problem in intake.problems[:5]:
            self.say(f"  {problem['pointer']}: {problem['detail']}. {problem['remedy']}")
        return {
            "intake": str(intake.pk),
            "is_new": is_new,
            "outcome": intake.outcome,
            "partner": partner.slug,
            "product": product.slug,
            "sha256": intake.sha256,
            "is_current": sbom.is_current,
            "received": sbom.received,
            "stored": sbom.stored,
            "quarantined": sbom.quarantined,
            "merged": sbom.merged,
            "findings_opened": intake.opened,
            "findings_closed": intake.closed,
            "findings_unchanged": intake.unchanged,
            "findings_open": sboms.open_by_severity(product.pk),
            "findings": sboms.by_state_and_severity(product.pk),
            "quality": sbom.quality,
            "diff": intake.diff,
            "warnings": intake.problems_count,
        }

    def _product(self, partner: Partner, name: str, site_slug: str | None) -> Product:
        slug = slugify(name)[:64]
        if not slug:
            raise BadInput("a product needs a name with a letter or digit in it")
        known = Product.objects.filter(partner=partner)
        product = known.filter(name=name).first() or known.filter(slug=slug).first()
        if product is not None:
            return product
        return registering.product(
            partner=partner, slug=slug, name=name, site=_site(site_slug), by=self.by, at=self.at
        )


def _partner(slug: str) -> Partner:
    found = Partner.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Partner.objects.order_by("slug").values_list("slug", flat=True)[:KNOWN])
        raise NotFound(f"no partner {slug!r}; known are: {known or 'none'}")
    return found


def _site(slug: str | None) -> Site:
    if slug is None:
        return Site.objects.get(parent=None)
    found = Site.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Site.objects.values_list("slug", flat=True)[:KNOWN])
        raise NotFound(f"no site {slug!r}; known are: {known}")
    return found
