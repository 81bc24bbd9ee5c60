"""A log with its tree, signed and witnessed, made from the events that a test has."""

from datetime import datetime, timedelta

from django.db import connection

from governance.models import AuditCheckpoint, AuditCosignature, AuditEvent, AuditLeaf, AuditTile
from governance.tlog.notes import Checkpoint, LogKey, WitnessKey
from governance.tlog.tree import Tree, leaf_hash

LOG = LogKey.generate("wardroom.example/audit")
WITNESS = WitnessKey.generate("witness.example")


def leaf(event: AuditEvent) -> bytes:
    """Return the hash under which ``event`` stands in the tree."""
    return leaf_hash(bytes(event.leaf_data))


def sequence(at: datetime, *, lie: bool = False) -> AuditCheckpoint:
    """Give every event its place and sign the head, as the sequencer would; or another root."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE wardroom_sequencer")
        tree = Tree()
        for seq, event in enumerate(AuditEvent.objects.order_by("xid", "id")):
            hashed = leaf(event)
            AuditLeaf.objects.create(seq=seq, event=event, leaf_hash=hashed, sequenced_at=at)
            tree.append(hashed)
        for n in range(tree.size // 256):
            row = AuditLeaf.objects.filter(seq__gte=n * 256, seq__lt=n * 256 + 256).order_by("seq")
            hashes = [bytes(one) for one in row.values_list("leaf_hash", flat=True)]
            part = Tree()
            part.extend(hashes)
            AuditTile.objects.create(level=0, n=n, data=b"".join(hashes), root=part.root())
        head = Checkpoint("wardroom.example/audit", tree.size, bytes(32) if lie else tree.root())
        note = f"{head.body()}\n{LOG.sign(head)}\n"
        made = AuditCheckpoint.objects.create(size=head.size, root=head.root, at=at, note=note)
        cursor.execute("SET LOCAL ROLE wardroom_app")
    return made


def cosign(checkpoint: AuditCheckpoint, at: datetime) -> AuditCosignature:
    """Let a witness sign the head."""
    body = checkpoint.note.partition("\n\n")[0] + "\n"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE wardroom_sequencer")
        made = AuditCosignature.objects.create(
            checkpoint=checkpoint,
            witness=WITNESS.name,
            witnessed_at=at,
            received_at=at + timedelta(milliseconds=400),
            line=WITNESS.cosign(body, int(at.timestamp())),
        )
        cursor.execute("SET LOCAL ROLE wardroom_app")
    return made
