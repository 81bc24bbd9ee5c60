"""``manage.py enforcement_point``: which systems may ask for decisions."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from governance.actions import enforcement_points
from governance.commands import OperatorCommand
from governance.domain.callers import Scope
from governance.errors import NotFound
from governance.models import EnforcementPoint

SHOWN = ("slug", "name", "credential", "issuer", "scopes", "types", "assertable", "rate")


class Command(OperatorCommand):
    help = "Let a system ask for decisions with a key or tokens, end that, or list them."

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        admit = verbs.add_parser("admit", help="make a key; it is printed once and never stored")
        trust = verbs.add_parser("trust", help="take tokens (JWT) of an issuer")
        trust.add_argument("--issuer", required=True, help="the claim iss of its tokens")
        trust.add_argument("--audience", required=True, help="the claim aud they must carry")
        trust.add_argument("--jwks", required=True, help="file in JWKS_DIR, or https address")
        for verb in (admit, trust):
            verb.add_argument("slug", help="short name")
            verb.add_argument("--name", help="full name; the short one if omitted")
            verb.add_argument("--scope", action="append", choices=list(Scope), required=True)
            verb.add_argument("--type", action="append", default=[], help="resource type; all")
            verb.add_argument(
                "--claims",
                action="append",
                default=[],
                help="subject.<name>, resource.<name> or context.<name>",
            )
            verb.add_argument("--rate", type=int, default=6000, help="requests a minute")
            verb.add_argument("--days", type=int, help="ends by itself after so many days")
        revoke = verbs.add_parser("revoke", help="end a key or the trust in an issuer")
        revoke.add_argument("slug")
        revoke.add_argument("--reason", required=True)
        verbs.add_parser("list", help="show all of them")

    def act(self, **options: Any) -> dict[str, Any]:
        match options["verb"]:
            case "list":
                return self._list()
            case "revoke":
                return self._revoke(str(options["slug"]), str(options["reason"]))
        given: dict[str, Any] = {
            "slug": options["slug"],
            "name": options["name"] or options["slug"],
            "scopes": options["scope"],
            "types": options["type"],
            "assertable": options["claims"],
            "rate": options["rate"],
            "valid_to": self.at + timedelta(days=options["days"]) if options["days"] else None,
            "by": self.by,
            "at": self.at,
        }
        if options["verb"] == "trust":
            for name in ("issuer", "audience", "jwks"):
                given[name] = options[name]
            point = enforcement_points.trust(**given)
            self.say(f"{point} may ask with tokens of {point.issuer}.")
            return {"slug": point.slug, "issuer": point.issuer}
        point, key = enforcement_points.admit(**given)
        self.say(f"{point} may ask with this key, which is shown only now:\n{key}")
        return {"slug": point.slug, "key": key}

    def _revoke(self, slug: str, reason: str) -> dict[str, Any]:
        point = EnforcementPoint.objects.filter(slug=slug).first()
        if point is None:
            raise NotFound(f"no enforcement point {slug!r}")
        enforcement_points.revoke(point, by=self.by, at=self.at, reason=reason)
        self.say(f"{point} may not ask any more.")
        return {"slug": slug, "revoked_at": self.at}

    def _list(self) -> dict[str, Any]:
        rows = list(EnforcementPoint.objects.values(*SHOWN, "valid_to", "revoked_at"))
        for row in rows:
            is_over = row["revoked_at"] or (row["valid_to"] and row["valid_to"] <= self.at)
            state = "ended" if is_over else "in force"
            self.say(f"{row['slug']}: {row['credential']}, {', '.join(row['scopes'])}, {state}")
        return {"enforcement_points": rows}
