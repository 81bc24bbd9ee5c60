"""``manage.py audit_sequencer``: gives events their place in the log and signs its head."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg import OperationalError

from governance.actions.sequencing import NotAlone, Sequencer, TreeBroken
from governance.actions.signing import Signer
from governance.actions.witnessing import Outside, Pusher
from governance.models import AuditCheckpoint
from governance.postgresql.sessions import open_session
from governance.tlog import keys

log = structlog.get_logger("audit")
STANDBY_SECONDS = 2.0
ONCE_SECONDS = 30.0
BROKEN_SECONDS = 60.0


class Command(BaseCommand):
    """Runs until stopped. Any number may run: one works, the others stand by."""

    help = (
        "Give audit events their place in the tree, sign its head and published policies, and"
        " bring the head before the witnesses. Runs until SIGTERM or Ctrl-C; a second one stands"
        " by for the first."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="sequence what is there, sign, and end"
        )

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        self.stop = threading.Event()
        path: Path = settings.AUDIT_KEY_FILE
        if not path.exists():
            if AuditCheckpoint.objects.exists():
                raise CommandError(
                    f"{path} is missing, but heads were signed before: bring the key back, or"
                    " begin a new one with `manage.py audit_keys add`"
                )
            keys.add(path, name=settings.AUDIT_ORIGIN)
            log.info("sequencer", made=str(path))
        try:
            witnesses = [Outside.parse(text) for text in settings.AUDIT_WITNESSES]
        except ValueError as error:
            raise CommandError(f"AUDIT_WITNESSES: {error}") from error
        if once:
            self.once()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stopped)
        threads = [
            threading.Thread(target=self.push, args=(one,), name=one.verifier.name)
            for one in witnesses
        ]
        threads.append(threading.Thread(target=self.sign, name="policies"))
        for thread in threads:
            thread.start()
        while not self.stop.is_set():
            self.stop.wait(self.sequence())
        for thread in threads:
            thread.join()

    def once(self) -> None:
        with open_session("sequencer") as session:
            sequencer = self.begun(session)
            left = sequencer.catch_up(seconds=ONCE_SECONDS)
            if left:
                raise CommandError(
                    f"{left} events wait for a transaction that is still open, here or in another"
                    " database of the cluster"
                )
            self.signer(session).step()
            self.stdout.write(f"{sequencer.size} entries")

    def sequence(self) -> float:
        """Work until something breaks; return how long to wait before the next try."""
        try:
            with open_session("sequencer") as session:
                sequencer = self.begun(session)
                log.info("sequencer", entries=sequencer.size)
                changed = _stamp(settings.AUDIT_KEY_FILE)
                sequencer.run(
                    until=lambda: self.stop.is_set() or _stamp(settings.AUDIT_KEY_FILE) != changed
                )
        except NotAlone:
            return STANDBY_SECONDS
        except TreeBroken as error:
            log.error("sequencer", refused=str(error))
            return BROKEN_SECONDS
        except OperationalError as error:
            log.warning("sequencer", waits=str(error).strip())
            return STANDBY_SECONDS / 4
        return 0.0

    def begun(self, session: Any) -> Sequencer:
        ring = keys.load(settings.AUDIT_KEY_FILE)
        sequencer = Sequencer(session, ring, origin=settings.AUDIT_ORIGIN)
        sequencer.begin()
        return sequencer

    def push(self, witness: Outside) -> None:
        while not self.stop.is_set():
            try:
                with open_session("sequencer") as session:
                    Pusher(session, witness).run(until=self.stop.is_set)
            except OperationalError as error:
                log.warning("witness", waits=str(error).strip())
                self.stop.wait(STANDBY_SECONDS)

    def sign(self) -> None:
        while not self.stop.is_set():
            try:
                with open_session("sequencer") as session:
                    self.signer(session).run(until=self.stop.is_set)
            except OperationalError as error:
                log.warning("policy_signature", waits=str(error).strip())
                self.stop.wait(STANDBY_SECONDS)

    def signer(self, session: Any) -> Signer:
        return Signer(session, settings.AUDIT_KEY_FILE, origin=settings.AUDIT_ORIGIN)

    def stopped(self, number: int, frame: FrameType | None) -> None:
        self.stop.set()


def _stamp(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
