"""``manage.py harvest``: read what a system holds, live or from its DDL, into the catalog."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.db.models import Count, Q
from django.utils.text import slugify
from tqdm import tqdm

from catalog.actions import harvesting
from catalog.harvest import ddl
from catalog.harvest.scripts import LARGEST_SCRIPT
from catalog.models import Asset, HarvestRun, LabelAssertion
from governance.actions import systems
from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from governance.models import GovernedSystem, Site

STEPS = 8
"""Five reads of the source, the lineage, the comparison, and the proposals."""
SHOWN_LINES = 5
PASSING = (
    "The address names the socket directory of Wardroom's own server, which is another one at the"
    " next start. Leave the host out: postgresql://wardroom_owner@/NAME"
)


class Command(OperatorCommand):
    help = "Read the tables and columns of a system or of its DDL and propose labels for them."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted({*harvesting.HARVESTERS, *ddl.DIALECTS}))
        parser.add_argument("--dsn", help="postgresql://user@host:port/database; stored encrypted")
        parser.add_argument("--ddl", metavar="FILE", help="a schema or dump file instead")
        parser.add_argument(
            "--sample",
            action="store_true",
            help="look at some values of each column too; none is kept",
        )
        parser.add_argument(
            "--system",
            required=True,
            metavar="NAME",
            help="its short name; a new one gets this name",
        )
        parser.add_argument("--site", help="short name of the site it stands at")

    def act(self, **options: Any) -> dict[str, Any]:
        name = str(options["system"]).strip()
        slug = slugify(name)[:64]
        if not slug:
            raise BadInput(f"{name!r} cannot be a system's name: it has no letter or digit")
        known = GovernedSystem.objects.filter(slug=slug).select_related("site").first()
        site = self._site(options["site"], known)
        dsn, file = options["dsn"], options["ddl"]
        if file is not None and dsn is not None:
            raise BadInput("--dsn reads the live system and --ddl a file: one of them")
        if file is not None and options["sample"]:
            raise BadInput("--sample looks at values of the live system; a file has none to ask")
        if file is None and options["kind"] not in harvesting.HARVESTERS:
            raise BadInput(f"{options['kind']} is read from a file only: --ddl FILE")
        if file is None and dsn is None:
            if known is None:
                slugs = ", ".join(GovernedSystem.objects.values_list("slug", flat=True)[:20])
                raise NotFound(f"no system {slug!r} and no --dsn; known are: {slugs or 'none'}")
            dsn = systems.dsn_of(known)
        with tqdm(
            total=STEPS + bool(options["sample"]),
            desc="harvest",
            unit="step",
            disable=not self.is_interactive,
            leave=False,
        ) as bar:

            def progress(step: str, count: int) -> None:
                bar.set_postfix_str(f"{count:,} {step}")
                bar.update()

            called = known.name if known and name == slug else name
            if file is not None:
                run = harvesting.take_script(
                    self._content(str(file)),
                    slug=slug,
                    name=called,
                    site=site,
                    dialect=str(options["kind"]),
                    by=self.by,
                    at=self.at,
                    progress=progress,
                )
            else:
                run = harvesting.connect(
                    slug=slug,
                    name=called,
                    site=site,
                    dsn=str(dsn),
                    kind=str(options["kind"]),
                    sample_values=bool(options["sample"]),
                    by=self.by,
                    at=self.at,
                    progress=progress,
                )
        warnings = [PASSING] if _is_passing(str(dsn or "")) else []
        told = self._told(run)
        for line in warnings:
            self.say(f"  {line}")
        return {**told, "warnings": warnings}

    def _content(self, name: str) -> bytes:
        try:
            with Path(name).open("rb") as file:
                # One byte more than is allowed, so that a larger file is told as such.
                return file.read(LARGEST_SCRIPT + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a file name"
            raise BadInput(f"{name[:200]!r}: {reason}") from None

    def _site(self, slug: str | None, known: GovernedSystem | None) -> Site:
        if slug is None:
            return known.site if known else Site.objects.get(parent=None)
        site = Site.objects.filter(slug=slug).first()
        if site is None:
            sites = ", ".join(Site.objects.values_list("slug", flat=True)[:20])
            raise NotFound(f"no site {slug!r}; known are: {sites}")
        return site

    def _told(self, run: HarvestRun) -> dict[str, Any]:
        live = Asset.objects.live().filter(system=run.system)
        kinds = dict(live.order_by().values_list("kind").annotate(n=Count("pk")))
        labels = LabelAssertion.objects.filter(asset__in=live, status="proposed").aggregate(
            proposals=Count("pk"), personal=Count("pk", filter=Q(category__startswith="user"))
        )
        counted = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
        self.say(f"{run.system}: {counted}.")
        self.say(
            f"  {run.new} new, {run.changed} changed, {run.gone} gone, {run.unchanged} unchanged;"
            f" {labels['proposals']} labels to review, {labels['personal']} of them personal."
        )
        if run.sample_values:
            self.say(f"  Values of {run.changes['sampled']:,} columns were looked at, none kept.")
        else:
            self.say("  Names and types alone were read, no values.")
        for line in run.changes.get("unsampled", [])[:SHOWN_LINES]:
            self.say(f"  values not read: {line}")
        for line in run.changes.get("unparsed", [])[:SHOWN_LINES]:
            self.say(f"  not understood: {line}")
        if not run.is_complete:
            self.say("  Not all could be read, so nothing was taken for gone.")
        return {
            "system": run.system.slug,
            "run": run.ref,
            "new": run.new,
            "changed": run.changed,
            "gone": run.gone,
            "unchanged": run.unchanged,
            "complete": run.is_complete,
            "sample_values": run.sample_values,
            "sampled": run.changes.get("sampled", 0),
            "unsampled": run.changes.get("unsampled", []),
            "unparsed": run.changes.get("unparsed", []),
            "assets": kinds,
            **labels,
        }


def _is_passing(dsn: str) -> bool:
    """Whether ``dsn`` names the directory of the embedded server, which lasts until it stops."""
    own = settings.DATABASES["default"]
    options: dict[str, object] = own.get("OPTIONS") or {}  # type: ignore[assignment]
    directory = str(own.get("HOST") or options.get("host") or "")
    return bool(settings.EMBEDDED) and directory.startswith("/") and directory in unquote(dsn)
