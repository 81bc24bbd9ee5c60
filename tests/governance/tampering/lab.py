"""A real log in a database of its own, on which attacks are tried and rolled back."""

import base64
import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
from django.db import connections, transaction
from django.test import override_settings
from psycopg import conninfo, sql
from psycopg.types.string import TextLoader

from governance import boundary
from governance.actions import erasing, people, sites, systems, verifying
from governance.actions.sequencing import Sequencer
from governance.actions.verifying import Checked, Held
from governance.actions.witnessing import Outside, Pusher
from governance.domain import actor as actors
from governance.errors import NotAllowed
from governance.models import AuditEvent, Role, Site, User
from governance.postgresql import triggers
from governance.postgresql.sessions import open_session
from governance.tlog import keys, submitting
from governance.tlog.notes import LogKey, WitnessKey, parse_checkpoint, parse_note
from governance.tlog.tree import verify_consistency

ORIGIN = "lab.example/audit"
ALIASES = ("default", "owner", "sequencer")
OPERATOR = actors.service("operator")
ROUNDS = 7
PATIENCE_SECONDS = 60


@dataclass
class Witness:
    """Somebody else's witness: signs a head only if it continues the one that it signed last."""

    key: WitnessKey = field(default_factory=lambda: WitnessKey.generate("witness.example/one"))
    size: int = 0
    root: bytes = b""
    note: str = ""

    @property
    def setting(self) -> str:
        return f"{self.key.vkey}@http://127.0.0.1:1"

    def submit(self, url: str, note: str, old: int, proof: Sequence[bytes]) -> str:
        parsed = parse_note(note)
        head = parse_checkpoint(parsed.text)
        if old != self.size:
            raise submitting.Conflict(self.size)
        if old:
            verify_consistency(old, head.size, self.root, head.root, proof)
        line = self.key.cosign(parsed.text, int(time.time()))
        self.size, self.root, self.note = head.size, head.root, f"{note}{line}\n"
        return line


@dataclass
class Lab:
    """The log as it stands: its size, signed sizes, and up to where it was witnessed."""

    dsn: str
    key_file: Path
    witness: Witness
    sizes: list[int] = field(default_factory=list)
    size: int = 0
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def witnessed(self) -> int:
        return self.witness.size

    @property
    def stolen(self) -> keys.KeyRing:
        return keys.load(self.key_file)

    def segment(self, seq: int) -> int:
        """Return the last signed size that does not cover the entry ``seq``."""
        return max((size for size in self.sizes if size <= seq), default=0)

    def check(
        self,
        session: "psycopg.Connection[Any]",
        *,
        later: timedelta = timedelta(0),
        priors: Sequence[str] = (),
    ) -> Checked:
        held = [Held("prior", note) for note in priors]
        if self.witness.note:
            held.append(Held(self.witness.key.name, self.witness.note))
        with self.settings():
            return verifying.check(session, at=self.at + later, held=held)

    def settings(self) -> override_settings:
        return override_settings(AUDIT_ORIGIN=ORIGIN, AUDIT_WITNESSES=[self.witness.setting])

    @contextmanager
    def session(self) -> "Iterator[psycopg.Connection[Any]]":
        """Open a session of the superuser whose changes are rolled back."""
        with psycopg.connect(self.dsn, options="-c timezone=UTC") as session:
            session.adapters.register_loader("jsonb", TextLoader)
            yield session
            session.rollback()


@contextmanager
def standing_in(name: str) -> Iterator[None]:
    """Let Django's connections lead to the database ``name``."""
    before = {alias: connections[alias].settings_dict["NAME"] for alias in ALIASES}
    for alias in ALIASES:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
    try:
        yield
    finally:
        for alias in ALIASES:
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = before[alias]


@contextmanager
def copied_database(bootstrap_dsn: str) -> Iterator[str]:
    """Copy the test database, without its log, and remove the copy afterwards."""
    name = f"lab_{secrets.token_hex(6)}"
    source = connections["default"].settings_dict["NAME"]
    for alias in ALIASES:
        connections[alias].close()
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER wardroom_owner")
    with psycopg.connect(bootstrap_dsn, autocommit=True) as session:
        session.execute(make.format(sql.Identifier(name), sql.Identifier(source)))
        try:
            dsn = conninfo.make_conninfo(bootstrap_dsn, dbname=name)
            with psycopg.connect(dsn) as copy:
                begin_anew(copy)
            yield name
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            session.execute(drop)


def begin_anew(session: "psycopg.Connection[Any]") -> None:
    """Empty the log and let it begin with the rows as they stand."""
    session.execute("SET session_replication_role = replica")
    for table in reversed(triggers.LOG_TABLES):
        switched(session, table, on=False)
        session.execute(f"DELETE FROM {table}".encode())
        switched(session, table, on=True)
    session.execute("SET session_replication_role = origin")
    for row in triggers.governed():
        session.execute("SELECT audit_baseline(%s::regclass)", (row.name,))


def switched(session: "psycopg.Connection[Any]", table: str, *, on: bool) -> None:
    """Turn the triggers of the log on a table off, or on again as if they never were."""
    names = session.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'audit\\_%%'",
        (table,),
    ).fetchall()
    how = "ENABLE ALWAYS" if on else "DISABLE"
    for (name,) in names:
        session.execute(f'ALTER TABLE "{table}" {how} TRIGGER {name}'.encode())


def build(bootstrap_dsn: str, name: str, directory: Path) -> Lab:
    """Let people act, the sequencer sequence and the witness sign, several times over."""
    key_file = directory / "log.key"
    keys.add(key_file, name=ORIGIN)
    lab = Lab(conninfo.make_conninfo(bootstrap_dsn, dbname=name), key_file, Witness())
    with (
        open_session("sequencer") as session,
        mock.patch.object(submitting, "submit", lab.witness.submit),
    ):
        # Heads at the sizes that the attacks know of, and nowhere else however slow it goes.
        sequencer = Sequencer(
            session, keys.load(key_file), origin=ORIGIN, checkpoint_seconds=float("inf")
        )
        sequencer.begin()
        pusher = Pusher(session, Outside.parse(lab.witness.setting))
        for number in range(ROUNDS):
            act(number)
            sequence(sequencer)
            lab.sizes.append(sequencer.size)
            if number < ROUNDS - 1:  # the last head is signed and not yet witnessed
                assert pusher.step()
        lab.size = sequencer.size
        act(ROUNDS)  # and these events wait for their place
    lab.at = datetime.now(UTC)
    return lab


def sequence(sequencer: Sequencer) -> None:
    """Sequence all there is; a writer in another database may hold it up for a while."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        done = sequencer.step()
        count = AuditEvent.objects.count()
        if sequencer.size == count:
            break
        assert time.monotonic() < end, f"{count - sequencer.size} events found no place"
        if not done:
            time.sleep(0.05)
    sequencer.step(force_checkpoint=True)


def act(number: int) -> None:
    """What happens in one round: real acts, changes of rows, a refusal, an erasure."""
    at = datetime.now(UTC)
    with boundary.acting(OPERATOR, at=at):
        root = Site.objects.get(parent=None)
        site = sites.create(
            slug=f"lab-{number}", name="Lab", kind="site", parent=root, time_zone="UTC",
            by=OPERATOR, at=at,
        )  # fmt: skip
        sites.change(site, name=f"Lab {number}", time_zone="UTC", by=OPERATOR, at=at)
        user = people.invite(
            email=f"lab{number}@example.org", name="L", by=OPERATOR, at=at, is_staff=True
        )
        row = people.give_role(
            user, Role.objects.get(slug="steward"), by=OPERATOR, at=at, reason="lab", site=site
        )
        people.end_role(row, by=OPERATOR, at=datetime.now(UTC), reason="lab")
        systems.register(
            slug=f"lab-{number}", name="L", site=site, dsn="postgres://r@localhost/n",
            by=OPERATOR, at=at,
        )  # fmt: skip
        with transaction.atomic():
            User.objects.bulk_create(
                [
                    User(email=f"bulk{number}.{n}@example.org", name="B", created_at=at)
                    for n in range(12)
                ]
            )
        with transaction.atomic():
            User.objects.filter(email__startswith=f"bulk{number}.").update(name="Bulk")
            User.objects.filter(email__startswith=f"bulk{number}.1").delete()
    try:
        with boundary.acting(user.as_actor(), at=at):
            sites.change(site, name="Mine", time_zone="UTC", by=user.as_actor(), at=at)
    except NotAllowed:
        pass
    if number == 3:
        events = AuditEvent.objects.filter(act="row:governance_user:update", leaf__isnull=False)
        with boundary.acting(OPERATOR, at=at):
            erasing.erase(
                list(events.values_list("pk", flat=True)[:2]), ground="GDPR art. 17(1)(a)",
                by=OPERATOR, at=at, request_id="lab",
            )  # fmt: skip


def forged_note(ring: keys.KeyRing, size: int, root: bytes) -> str:
    from governance.tlog.notes import Checkpoint

    return ring.sign(Checkpoint(ORIGIN, size, root))


def another_ring() -> keys.KeyRing:
    """Return the key of somebody who calls themselves the log."""
    return keys.KeyRing([LogKey.generate(ORIGIN)])


def flipped(data: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << dice.randrange(8))]) + data[place + 1 :]


def flipped_base64(text: str, dice: random.Random) -> str:
    """Change one bit of the signature at the end of a line."""
    head, _, tail = text.rpartition(" ")
    raw = base64.b64decode(tail)
    return f"{head} {base64.b64encode(raw[:12] + flipped(raw[12:], dice)).decode()}"


Builder = Callable[[], Lab]
