"""Signatures on published policies, made in the transaction of a test."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from governance.actions.signing import Signer
from governance.models import AuditEvent, AuditKey, AuditLeaf
from governance.tlog import keys
from governance.tlog.tree import leaf_hash


def place(at: datetime) -> None:
    """Give every event that has none a place in the log; no head is signed."""
    first = AuditLeaf.objects.count()
    waiting = AuditEvent.objects.filter(leaf=None).order_by("xid", "id")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE wardroom_sequencer")
        AuditLeaf.objects.bulk_create(
            AuditLeaf(
                seq=seq,
                event=event,
                leaf_hash=leaf_hash(bytes(event.leaf_data)),
                sequenced_at=at,
            )
            for seq, event in enumerate(waiting, first)
        )
        cursor.execute("SET LOCAL ROLE wardroom_app")


def a_key(file: Path, at: datetime) -> str:
    """Add a signing key to ``file`` and announce it, as the sequencer does."""
    vkey = keys.add(file, name=settings.AUDIT_ORIGIN)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE wardroom_sequencer")
        AuditKey.objects.create(vkey=vkey, size=0, at=at)
        cursor.execute("SET LOCAL ROLE wardroom_app")
    return vkey


def sign(file: Path, at: datetime) -> int:
    """Let the sequencer sign what was published; return how many it signed."""
    place(at)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE wardroom_sequencer")
        assert connection.connection is not None
        try:
            return Signer(connection.connection, file, origin=settings.AUDIT_ORIGIN).step()
        finally:
            cursor.execute("SET LOCAL ROLE wardroom_app")


def as_owner(table: str, statement: str) -> None:
    """Change what nobody may, with every trigger of ``table`` off."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        # No table is altered while checks of its rows are still to come.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} ENABLE ALWAYS TRIGGER "{name}"')
        cursor.execute("SET ROLE wardroom_app")
