"""``manage.py declare_incident``: declare from the shell, as a monitoring script would."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID, uuid4, uuid5

from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from governance.models import Site
from incidents.actions import declaring
from incidents.domain.incidents import Kind, Severity

NAMESPACE = UUID("1c3a4f0e-7f6b-5e1c-8f57-6a4cf2a7b2c4")


class Command(OperatorCommand):
    help = "Declare an incident: its first milestones are set and its first runbook starts."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--title", required=True, help="what is wrong, in one line")
        parser.add_argument("--severity", required=True, help="SEV1 (worst) to SEV4")
        parser.add_argument("--site", required=True, help="its short name (slug)")
        parser.add_argument("--summary", default="", help="what is known so far")
        parser.add_argument("--drill", action="store_true", help="a drill, not a live incident")
        parser.add_argument("--key", default="", help="the same key declares once")

    def act(self, **options: Any) -> dict[str, Any]:
        slug, level = str(options["site"]), str(options["severity"]).upper()
        if level not in [one.value for one in Severity]:
            raise BadInput(f"{level[:20]!r} is not a severity; write SEV1, SEV2, SEV3 or SEV4")
        site = Site.objects.filter(slug=slug).first()
        if site is None:
            known = ", ".join(Site.objects.values_list("slug", flat=True)[:20]) or "none"
            raise NotFound(f"no site {slug[:64]!r}; known are: {known}")
        key = str(options["key"])
        incident = declaring.declare(
            title=str(options["title"]),
            severity=Severity(level),
            site=site,
            kind=Kind.DRILL if options["drill"] else Kind.LIVE,
            summary=str(options["summary"]),
            token=uuid5(NAMESPACE, key) if key else uuid4(),
            by=self.by,
            at=self.at,
        )
        self.say(f"{incident.reference} is declared: {incident.severity} at {site.name}.")
        self.say(f"Its room: /incidents/{incident.reference}/")
        return {
            "reference": incident.reference,
            "severity": incident.severity,
            "kind": incident.kind,
            "phase": incident.phase,
            "site": site.slug,
        }
