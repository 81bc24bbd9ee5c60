"""A campaign of crashes against the audit log: who dies, and what must hold afterwards."""

import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from unittest import mock

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from governance.actions import verifying
from governance.domain.integrity import Rule
from governance.models import (
    Alarm,
    AuditCheckpoint,
    AuditCosignature,
    AuditEvent,
    AuditLeaf,
    Notice,
    Site,
)
from governance.tlog import keys, submitting
from governance.tlog.notes import (
    NoteError,
    Verifier,
    cosigned_at,
    parse_checkpoint,
    parse_note,
    verify_note,
)
from governance.tlog.tree import Tree, leaf_hash
from governance.tlog.witness.keeping import keep
from tests import services
from tests.builders.governance import a_site, a_user
from tests.config.running import free_port
from tests.faults.processes import Process, Processes, enqueue, kill

THREADS, WRITERS = 8, 2
SETTLE_SECONDS = 60
NAME = "w.example/1"


@contextmanager
def durable_server() -> Iterator["Server"]:
    """Let the server of this test run keep what it acknowledges, and be stopped and started."""
    if not services._running or services._running[0].postgres is None:
        pytest.skip("PostgreSQL of our own is missing: nobody else's is stopped here")
    server = Server()
    home = services._running[0].home
    home.durable = True
    server.restart(signal.SIGINT)
    try:
        yield server
    finally:
        home.durable = False
        server.restart(signal.SIGINT)


class Server:
    """The PostgreSQL server of this test run."""

    def restart(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it at once, without a checkpoint (``SIGQUIT``), and start it again."""
        cluster = services._running[0].postgres
        assert cluster is not None
        assert cluster.process is not None
        connections.close_all()
        cluster.process.send_signal(number)
        cluster.process.wait(timeout=30)
        cluster.start()


@dataclass
class Campaign:
    """Sequencer, witness and writers under way."""

    processes: Processes
    server: Server
    place: Path
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    running: dict[str, Process] = field(default_factory=dict)

    def begin(self, *, jobs: int = 0) -> None:
        """Make keys, a site for each thread, and start everybody; a worker if it has jobs."""
        self.key_file, self.port = self.place / "log.key", free_port()
        self.vkeys = [keys.add(self.key_file, name=settings.AUDIT_ORIGIN)]
        store, key = self.place / "seen", self.place / "witness.key"
        self.witness = keep(store, key, name=NAME).vkey
        a_user(email="writer@example.org")
        self.slugs = [f"w-{number}" for number in range(THREADS * WRITERS)]
        for slug in self.slugs:
            a_site(slug=slug, name="0")
        names = ["witness", "sequencer", *(f"writer {n}" for n in range(WRITERS))]
        if jobs:
            enqueue(jobs)
            names.append("worker")
        for name in names:
            self.start(name)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str) -> None:
        """Start one of them, anew after it was killed."""
        environ = {
            "AUDIT_KEY_FILE": str(self.key_file),
            "AUDIT_ORIGIN": settings.AUDIT_ORIGIN,
            "AUDIT_WITNESSES": f"{self.witness}@{self.url}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        if name == "worker":
            self.running[name] = self.processes.worker(**environ)
            return
        if name == "witness":
            argv = [sys.executable, "-m", "governance.tlog.witness", "--name", NAME]
            argv += ["--store", f"{self.place}/seen", "--key", f"{self.place}/witness.key"]
            argv += ["--log", f"{settings.AUDIT_ORIGIN}={','.join(self.vkeys)}"]
            argv += ["--port", str(self.port)]
        elif name == "sequencer":
            argv = [sys.executable, "manage.py", "audit_sequencer"]
        else:
            first = int(name.removeprefix("writer ")) * THREADS
            mine = self.slugs[first : first + THREADS]
            argv = [sys.executable, "-m", "tests.faults.writing", f"{self.place}/journal"]
            argv += [str(self.seed), *mine]
        self.running[name] = self.processes.run(argv, **environ)

    def crash(self, victim: str) -> None:
        """Let ``victim`` die without a word, and come back."""
        if victim == "postgres":
            self.server.restart()
        else:
            kill(self.running[victim])
            self.start(victim)
        self.kills[victim.split()[0]] += 1

    def wait_until_written(self, more: int, *, seconds: float = 40) -> None:
        """Return once ``more`` renames were committed and the log grew, too."""
        wanted, size = self.renamed() + more, self.size()
        end = time.monotonic() + seconds
        while self.renamed() < wanted or self.size() <= size:
            assert time.monotonic() < end, self.said()
            time.sleep(0.05)

    def renamed(self) -> int:
        return sum(int(name) for name in self.sites().values())

    def sites(self) -> dict[str, str]:
        return dict(Site.objects.filter(slug__in=self.slugs).values_list("slug", "name"))

    def size(self) -> int:
        return AuditLeaf.objects.order_by("-seq").values_list("seq", flat=True).first() or 0

    def said(self) -> str:
        return "\n".join(
            f"{name}: {self.processes.log(process)[-1500:]}"
            for name, process in self.running.items()
        )

    def finish(self) -> None:
        """Stop the writers in order, and wait for the sequencer and the witness to catch up."""
        writers = [one for name, one in self.running.items() if name.startswith("writer")]
        for writer in writers:
            writer.terminate()
        for writer in writers:
            writer.wait(timeout=30)
        if "worker" in self.running:
            kill(self.running["worker"])
        end = time.monotonic() + SETTLE_SECONDS
        while not self.is_settled():
            assert time.monotonic() < end, self.said()
            time.sleep(0.1)
        self.running["sequencer"].terminate()
        assert self.running["sequencer"].wait(timeout=20) == 0, self.said()

    def is_settled(self) -> bool:
        count = AuditEvent.objects.count()
        return AuditCosignature.objects.filter(checkpoint=count).exists()

    def faults(self) -> list[str]:
        """Return everything that does not hold; nothing after any number of crashes."""
        return [
            *self._wrong_counts(),
            *self._lost(),
            *self._wrong_places(),
            *self._wrong_heads(),
            *self._wrong_cosignatures(),
            *self._unverified(),
            *(alarm.detail for alarm in Alarm.objects.filter(kind="tamper", severity=1)),
        ]

    def _wrong_counts(self) -> Iterator[str]:
        """Each rename is one event of the row and one of the act; each notice one event."""
        for site in Site.objects.filter(slug__in=self.slugs):
            events = AuditEvent.objects.filter(object=f"governance.site:{site.pk}")
            rows = events.filter(act="row:governance_site:update").count()
            acts = events.filter(act="governance:site:change").count()
            notices = Notice.objects.filter(key__startswith=f"{site.slug}:").count()
            if {rows, acts} != {int(site.name)} or notices != int(site.name) // 3:
                yield f"{site.slug}: {site.name} renames, {rows} row events, {acts} acts, {notices}"
        notices = Notice.objects.count()
        noted = AuditEvent.objects.filter(act="row:governance_notice:insert").count()
        if notices != noted:
            yield f"{notices} notices, {noted} events"

    def _lost(self) -> Iterator[str]:
        """What was acknowledged to a writer is there."""
        now = self.sites()
        for slug in self.slugs:
            lines = (self.place / f"journal.{slug}").read_text().splitlines()
            last = max((int(line.split()[1]) for line in lines if line.count(" ") == 1), default=0)
            if last > int(now[slug]):
                yield f"{slug}: {last} was acknowledged, {now[slug]} is there"

    def _wrong_places(self) -> Iterator[str]:
        pairs = list(AuditLeaf.objects.order_by("seq").values_list("seq", "event_id"))
        if [seq for seq, _ in pairs] != list(range(len(pairs))):
            yield "the numbers have gaps"
        events = set(AuditEvent.objects.values_list("id", flat=True))
        if {event for _, event in pairs} != events or len(pairs) != len(events):
            yield f"{len(events)} events, {len(pairs)} leaves"

    def _wrong_heads(self) -> Iterator[str]:
        heads = {head.size: head for head in AuditCheckpoint.objects.all()}
        verifiers, tree = [Verifier(vkey) for vkey in self.vkeys], Tree()
        rows = AuditEvent.objects.order_by("leaf__seq").values_list("leaf_data", flat=True)
        for data in rows.iterator():
            tree.append(leaf_hash(bytes(data)))
            head = heads.pop(tree.size, None)
            if head is None:
                continue
            note = parse_note(head.note)
            said = parse_checkpoint(note.text)
            if not bytes(head.root) == said.root == tree.root() or said.size != head.size:
                yield f"another root was signed at {head.size}"
            try:
                verify_note(note, verifiers)
            except NoteError as error:
                yield f"the head at {head.size}: {error}"
        yield from (f"a head of {size} entries, which are not here" for size in heads)

    def _wrong_cosignatures(self) -> Iterator[str]:
        verifier = Verifier(self.witness)
        for one in AuditCosignature.objects.select_related("checkpoint"):
            try:
                cosigned_at(one.line, one.checkpoint.note, verifier)
            except NoteError as error:
                yield f"the cosignature at {one.checkpoint_id}: {error}"
        note = submitting.latest(self.url, settings.AUDIT_ORIGIN)
        count = AuditEvent.objects.count()
        if note is None or parse_checkpoint(parse_note(note).text).size != count:
            yield f"the witness did not see {count} entries last"

    def _unverified(self) -> Iterator[str]:
        """The verification of the product agrees; lateness is no matter of this campaign."""
        with mock.patch.object(settings, "AUDIT_WITNESSES", [f"{self.witness}@{self.url}"]):
            held, silent = verifying.outside_heads()
            with verifying.reading() as session:
                tally = verifying.check(session, at=timezone.now(), held=held).total()
        yield from silent
        for rule, number in tally.classes.items():
            if rule != Rule.WITNESSED:
                yield f"{rule} fails for {number}: {tally.first}"


def victims(dice: Random, *more: str) -> list[str]:
    """Return who dies in one round, each once, in a random order."""
    names = ["sequencer", "postgres", "witness", f"writer {dice.randrange(WRITERS)}", *more]
    return dice.sample(names, len(names))
