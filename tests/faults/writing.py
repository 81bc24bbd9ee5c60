"""A process that writes with many threads until it is told to stop, or killed in the middle.

Each thread has a site of its own and renames it from one number to the next by the real
action; every third time it also adds a notice, and some transactions are rolled back. What was
committed is written to a journal after the commit, so the journal never says too much.
"""

import signal
import sys
import threading
import time
from pathlib import Path
from random import Random

import django

django.setup()

from django.db import OperationalError, connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from governance import boundary  # noqa: E402
from governance.actions import sites  # noqa: E402
from governance.domain import actor as actors  # noqa: E402
from governance.errors import Unavailable  # noqa: E402
from governance.models import Notice, Site, User  # noqa: E402

OPERATOR = actors.service("operator")


class Undone(Exception):
    """Rolls a transaction back on purpose."""


def step(slug: str, dice: Random) -> int:
    """Rename the site once, in a transaction with more or less in it; return its number."""
    at = timezone.now()
    with boundary.acting(OPERATOR, at=at), transaction.atomic():
        site = Site.objects.get(slug=slug)
        number = int(site.name) + 1
        sites.change(site, name=str(number), time_zone="UTC", by=OPERATOR, at=at)
        if number % 3 == 0:
            user = User.objects.get(email="writer@example.org")
            Notice.objects.create(
                user=user, key=f"{slug}:{number}", subject="s", text="t", created_at=at
            )
        time.sleep(dice.uniform(0, 0.01))
        if dice.random() < 0.1:
            raise Undone
    return number


def write(slug: str, seed: int, journal: Path, stop: threading.Event) -> None:
    dice = Random(f"{seed}:{slug}")
    with journal.open("a") as file:
        while not stop.is_set():
            try:
                file.write(f"{slug} {step(slug, dice)}\n")
                file.flush()
            except Undone:
                continue
            except (OperationalError, Unavailable):  # the server was stopped under us
                connections.close_all()
                time.sleep(0.1)
    connections.close_all()


def main(journal: Path, seed: int, slugs: list[str]) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threads = [
        threading.Thread(target=write, args=(slug, seed, journal.with_suffix(f".{slug}"), stop))
        for slug in slugs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
