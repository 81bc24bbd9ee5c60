"""``manage.py register_system``: make a system known, so that it can be compared."""

from argparse import ArgumentParser
from typing import Any

from governance.actions import systems
from governance.commands import OperatorCommand
from governance.connectors import session
from governance.connectors.session import SessionFailed
from governance.errors import BadInput, NotFound
from governance.models import Site, SystemKind


class Command(OperatorCommand):
    help = "Register a system, or change its connection; it is tried before anything is kept."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=SystemKind.values)
        parser.add_argument("--system", required=True, metavar="NAME", help="its short name")
        parser.add_argument("--name", help="its full name; the short one if omitted")
        parser.add_argument("--site", required=True, help="short name of the site it stands at")
        parser.add_argument("--dsn", help="postgresql://user@host:port/database")
        parser.add_argument(
            "--connector",
            default="",
            help="what reads its grants, if not the one of its kind: file for snapshot files only,"
            " wardroom for this service itself",
        )

    def act(self, **options: Any) -> dict[str, Any]:
        slug, dsn, connector = str(options["system"]), options["dsn"] or "", options["connector"]
        if not dsn and not connector:
            raise BadInput("--dsn is needed, or a --connector that needs none")
        site = Site.objects.filter(slug=options["site"]).first()
        if site is None:
            known = ", ".join(Site.objects.values_list("slug", flat=True)[:20])
            raise NotFound(f"no site {options['site']!r}; known are: {known}")
        if dsn:
            try:
                with session.snapshot(dsn):
                    pass
            except SessionFailed as error:
                raise BadInput(f"{error.detail} ({error.code})") from None
        system = systems.register(
            slug=slug,
            name=str(options["name"] or slug),
            site=site,
            dsn=dsn,
            kind=str(options["kind"]),
            connector=connector,
            by=self.by,
            at=self.at,
        )
        self.say(f"{system} at {site}: {system.address}")
        return {"system": system.slug, "site": site.slug, "address": system.address}
