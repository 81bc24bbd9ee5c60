"""``manage.py bench_decisions``: what a decision costs on this machine, beside stock Casbin."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.policy import trial

_SLOW = 3  # questions to stock Casbin, which takes up to seconds for each


class Command(BaseCommand):
    help = "Measure a decision with reasons beside stock Casbin and a plain dict, on made-up rules."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rules", type=int, default=100_000, help="how many (100000)")
        parser.add_argument("--shape", choices=sorted(trial.SHAPES), default="rbac")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        rules = int(options["rules"])
        if not 10 <= rules <= 2_000_000:
            raise CommandError("--rules is a number from 10 to 2000000")
        made = trial.trial(str(options["shape"]), rules)
        mine = made.enforcer()
        first = trial.timed(lambda request: mine.decide(request, 0), made.requests)
        ours = trial.timed(lambda request: mine.decide(request, 0), made.requests)
        answers = made.expanded()
        keys = [trial.flat(request) for request in made.requests]
        # A new key each time, as a request brings one.
        plain = trial.timed(lambda key: answers.get((*key,)), keys)
        stock = made.stock()
        theirs = trial.timed(lambda request: stock.enforce(*request), made.requests[:_SLOW])
        found = {
            "rules": rules,
            "shape": options["shape"],
            **{
                name: {"p50_us": round(p50, 3), "p99_us": round(p99, 3)}
                for name, (p50, p99) in (
                    ("wardroom", ours),
                    ("wardroom_first", first),
                    ("stock", theirs),
                    ("dict", plain),
                )
            },
            "ratios": {
                "wardroom_to_dict": round(ours[0] / plain[0], 2),
                "stock_to_wardroom": round(theirs[0] / ours[0], 1),
            },
        }
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for name in ("wardroom", "wardroom_first", "stock", "dict"):
            one = found[name]
            self.stdout.write(
                f"{name:<15} median {one['p50_us']:>12} us, p99 {one['p99_us']:>12} us"
            )
        self.stdout.write(f"ratios {found['ratios']}")
