"""``manage.py demo``: seed the demonstration once, or take it away again."""

from argparse import ArgumentParser
from typing import Any

from tqdm import tqdm

from config.demo import removal, story
from governance.commands import OperatorCommand


class Command(OperatorCommand):
    help = "Seed the demonstration through the same actions that people use."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="say nothing if it was seeded before"
        )
        parser.add_argument(
            "--remove",
            action="store_true",
            help="delete what it made; refused while records of others hang on it",
        )
        parser.add_argument(
            "--with-others",
            action="store_true",
            help="with --remove: delete what others added to its sites, people and partners too",
        )

    def act(self, **options: Any) -> dict[str, Any]:
        if options["remove"]:
            count = removal.remove(with_others=options["with_others"])
            self.say(f"{count} records of the demonstration are gone; the audit log stays.")
            return {"removed": count}
        with tqdm(
            total=len(story.STEPS),
            desc="demonstration",
            unit="step",
            disable=not self.is_interactive,
        ) as bar:

            def tell(title: str) -> None:
                bar.set_postfix_str(title)
                bar.update(1)
                if not self.is_interactive:
                    self.say(f"seeding {title} …")

            seeded = story.seed(by=self.by, at=self.at, tell=tell)
        if not seeded and not options["once"]:
            self.say(
                "The demonstration was seeded before. Remove it first: manage.py demo --remove"
            )
        return {"seeded": seeded, "steps": [title for title, _ in story.STEPS]}
