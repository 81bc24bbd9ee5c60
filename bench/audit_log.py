"""A log of any size: changes of rows, their entries, sequenced, signed and cosigned."""

import time

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from catalog.models import Asset
from governance import boundary
from governance.actions.sequencing import Sequencer
from governance.domain import actor as actors
from governance.postgresql.sessions import open_session
from governance.tlog.keys import KeyRing
from governance.tlog.notes import LogKey, WitnessKey, parse_note
from tests.builders.governance import a_system

ROUND = 10_000
_CHANGE = "UPDATE catalog_asset SET row_estimate = coalesce(row_estimate, 0) + 1 WHERE id <= %s"
_UNSEEN = """
SELECT c.size, c.note FROM audit_checkpoint c
WHERE NOT EXISTS (SELECT FROM audit_cosignature s WHERE s.size = c.size) ORDER BY c.size
"""
_COSIGN = """
INSERT INTO audit_cosignature (size, witness, witnessed_at, received_at, line)
VALUES (%s, %s, to_timestamp(%s), clock_timestamp(), %s)
"""


class Log:
    """Entries of ``ROUND`` assets that change again and again."""

    def __init__(self) -> None:
        key = LogKey.generate(settings.AUDIT_ORIGIN)
        self._witness = WitnessKey.generate("bench-witness")
        settings.AUDIT_WITNESSES = [f"{self._witness.vkey}@http://localhost:1"]
        settings.AUDIT_QUORUM = 1
        self._session = open_session("sequencer")
        self._sequencer = Sequencer(self._session, KeyRing([key]), origin=settings.AUDIT_ORIGIN)
        self._sequencer.begin()
        self._make()

    @property
    def size(self) -> int:
        """Return how many entries have their place."""
        return self._sequencer.size

    def write(self, rounds: int) -> float:
        """Change every asset ``rounds`` times; return the seconds for one entry."""
        begun = time.perf_counter()
        for _ in range(rounds):
            self._change(self._last)
        return (time.perf_counter() - begun) / rounds / ROUND

    def write_some(self, count: int) -> None:
        """Change ``count`` assets once."""
        self._change(self._first + count - 1)

    def sequence(self) -> float:
        """Give all entries their place, sign and cosign; return entries per second."""
        before, begun = self.size, time.perf_counter()
        while self._sequencer.step():
            pass
        seconds = time.perf_counter() - begun
        done = self.size - before
        while self._sequencer.step(force_checkpoint=True):
            pass
        self._cosign()
        return done / seconds

    def grow(self, size: int) -> tuple[float, float]:
        """Have about ``size`` entries; return the seconds to write one, and drained per second."""
        write = drain = 0.0
        while self.size < size:
            write, drain = self.write(1), self.sequence()
        with connections["owner"].cursor() as cursor:
            cursor.execute("ANALYZE audit_event; ANALYZE audit_leaf")
        return write, drain

    def close(self) -> None:
        """End the session of the sequencer."""
        self._session.close()

    def _make(self) -> None:
        with boundary.acting(actors.service("bench"), at=timezone.now()), transaction.atomic():
            system = a_system(slug="bench-system")
            Asset.objects.bulk_create(
                Asset(
                    system=system,
                    site=system.site,
                    kind="table",
                    name=f"table_{n}",
                    fqn=f"plant.mes.table_{n}",
                    source_key=f"1/{n}",
                    fingerprint="0" * 64,
                    first_seen_at=timezone.now(),
                    description="What stands in it, in a sentence.",
                )
                for n in range(ROUND)
            )
        keys = Asset.objects.filter(system=system).order_by("pk").values_list("pk", flat=True)
        self._first, self._last = keys[0], keys[ROUND - 1]

    def _change(self, last: int) -> None:
        with (
            boundary.acting(actors.service("bench"), at=timezone.now()),
            transaction.atomic(),
            connections["default"].cursor() as cursor,
        ):
            cursor.execute(_CHANGE, [last])
        with connections["owner"].cursor() as cursor:
            cursor.execute("VACUUM catalog_asset")

    def _cosign(self) -> None:
        for size, note in self._session.execute(_UNSEEN).fetchall():
            now = int(time.time())
            line = self._witness.cosign(parse_note(str(note)).text, now)
            self._session.execute(_COSIGN, (size, self._witness.name, now, line))
