"""``manage.py seed``: lay the baseline every installation stands on."""

from typing import Any

from config import baseline
from governance.actions import baseline as laying
from governance.commands import OperatorCommand


class Command(OperatorCommand):
    help = "Lay roles, service actors and the baseline policy. Running it again changes nothing."

    def act(self, **options: Any) -> dict[str, Any]:
        version = laying.lay(
            baseline.roles(), baseline.rules(), model_conf=baseline.model_conf(), at=self.at
        )
        self.say(f"Policy version {version.number} is in force ({version.content_sha256[:12]}).")
        return {"policy_version": version.number, "sha256": version.content_sha256}
