"""``manage.py taxonomy load|list``: the shipped terms, and what the table holds."""

from argparse import ArgumentParser
from typing import Any

from django.db.models import Count, Q

from catalog.actions import taxonomy
from catalog.domain.taxonomy import Scheme
from catalog.models import Term
from catalog.taxonomy import shipped
from governance.commands import OperatorCommand


class Command(OperatorCommand):
    help = "Take in the shipped terms (`load`, changes nothing a second time), or count them."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["load", "list"])

    def act(self, **options: Any) -> dict[str, Any]:
        if options["verb"] == "load":
            done = taxonomy.load(shipped.terms(), by=self.by, at=self.at)
            self.say(
                f"{done.added} terms added, {done.changed} changed, {done.retired} retired;"
                f" {done.labels} labels moved to a successor."
            )
            return {
                "added": done.added,
                "changed": done.changed,
                "retired": done.retired,
                "labels": done.labels,
            }
        rows = Term.objects.order_by().values("scheme")
        counts = {
            row["scheme"]: {"live": row["live"], "retired": row["retired"], "own": row["own"]}
            for row in rows.annotate(
                live=Count("pk", filter=Q(retired_at=None)),
                retired=Count("pk", filter=Q(retired_at__isnull=False)),
                own=Count("pk", filter=Q(origin="own")),
            )
        }
        for scheme in Scheme:
            found = counts.get(scheme.value, {"live": 0, "retired": 0, "own": 0})
            self.say(
                f"{scheme.heading}: {found['live']} live ({found['own']} own),"
                f" {found['retired']} retired"
            )
        return {"schemes": counts}
