"""``manage.py seed``: lay the baseline every installation stands on."""

from typing import Any

from catalog.actions import taxonomy
from catalog.taxonomy import shipped
from config import baseline
from governance.actions import baseline as laying
from governance.commands import OperatorCommand
from incidents.actions import keeping


class Command(OperatorCommand):
    help = (
        "Lay roles, service actors, the baseline policy, the shipped taxonomy and runbooks."
        " Running it again changes nothing."
    )

    def act(self, **options: Any) -> dict[str, Any]:
        version = laying.lay(baseline.roles(), baseline.content(), at=self.at)
        stands = "waits as a draft" if version.published_at is None else "is in force"
        self.say(f"Policy version {version.number} {stands} ({version.content_sha256[:12]}).")
        terms = taxonomy.load(shipped.terms(), by=self.by, at=self.at)
        self.say(f"Taxonomy: {terms.added} terms added, {terms.changed} changed.")
        books = keeping.lay(by=self.by, at=self.at)
        self.say(f"Runbooks: {books} laid.")
        return {"policy_version": version.number, "sha256": version.content_sha256}
