"""``manage.py seed``: lay the baseline every installation stands on."""

from typing import Any

from config import baseline
from governance.actions import baseline as laying
from governance.commands import OperatorCommand


class Command(OperatorCommand):
    help = "Lay roles, service actors and the baseline policy. Running it again changes nothing."

    def act(self, **options: Any) -> dict[str, Any]:
        version = laying.lay(baseline.roles(), baseline.content(), at=self.at)
        stands = "waits as a draft" if version.published_at is None else "is in force"
        self.say(f"Policy version {version.number} {stands} ({version.content_sha256[:12]}).")
        return {"policy_version": version.number, "sha256": version.content_sha256}
