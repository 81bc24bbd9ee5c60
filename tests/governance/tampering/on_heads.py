"""Attacks on signed heads, keys, tiles, and on the whole log, without and with its key."""

from datetime import timedelta

from governance.domain.integrity import Rule
from governance.tlog.notes import WitnessKey
from tests.governance.tampering.attacker import Attacker, Expected
from tests.governance.tampering.kinds import kind
from tests.governance.tampering.lab import another_ring, flipped, flipped_base64, forged_note

LATER = timedelta(seconds=90)


def _head(a: Attacker, *, is_witnessed: bool = True) -> int:
    return a.dice.choice(a.lab.sizes[:-1] if is_witnessed else a.lab.sizes)


def _before(a: Attacker, size: int) -> int:
    """Return the first entry that only the head at ``size`` vouches for."""
    return max((one for one in a.lab.sizes if one < size), default=0)


def _note(a: Attacker, size: int) -> str:
    return str(a.one("SELECT note FROM audit_checkpoint WHERE size = %s", size))


# -- heads


@kind
def root_of_a_head_edited(a: Attacker) -> Expected:
    size = _head(a, is_witnessed=False)
    a.sql("UPDATE audit_checkpoint SET root = %s WHERE size = %s", a.dice.randbytes(32), size)
    return Expected(Rule.TREE, _before(a, size))


@kind
def signature_of_a_head_edited(a: Attacker) -> Expected:
    size = _head(a, is_witnessed=False)
    note = flipped_base64(_note(a, size).rstrip("\n"), a.dice) + "\n"
    a.sql("UPDATE audit_checkpoint SET note = %s WHERE size = %s", note, size)
    return Expected(Rule.SIGNATURE, _before(a, size))


@kind
def note_of_a_head_replaced(a: Attacker) -> Expected:
    size = _head(a, is_witnessed=False)
    text = _note(a, size)
    other = a.dice.choice(["", "x", text.upper(), text.replace("lab.", "bal."), text + text])
    a.sql("UPDATE audit_checkpoint SET note = %s WHERE size = %s", other, size)
    return Expected(Rule.SIGNATURE, _before(a, size))


@kind
def head_moved_to_another_size(a: Attacker) -> Expected:
    size = _head(a, is_witnessed=False)
    moved = a.dice.randrange(_before(a, size) + 1, size)
    a.sql("UPDATE audit_cosignature SET size = %s WHERE size = %s", moved, size)
    a.sql("UPDATE audit_checkpoint SET size = %s WHERE size = %s", moved, size)
    return Expected(Rule.SIGNATURE, _before(a, size))


@kind
def head_of_a_log_that_never_was(a: Attacker) -> Expected:
    a.sql(
        "INSERT INTO audit_checkpoint VALUES (%s, %s, now(), %s)",
        a.dice.randrange(10**9, 2**62), a.dice.randbytes(32), _note(a, a.lab.sizes[0]),
    )  # fmt: skip
    return Expected(Rule.SIGNATURE, a.lab.size)


@kind
def head_signed_by_an_unknown_key(a: Attacker) -> Expected:
    size = _head(a, is_witnessed=False)
    note = forged_note(another_ring(), size, a.root(size))
    a.sql("UPDATE audit_checkpoint SET note = %s WHERE size = %s", note, size)
    return Expected(Rule.SIGNATURE, _before(a, size))


@kind
def heads_all_removed(a: Attacker) -> Expected:
    a.sql("DELETE FROM audit_cosignature")
    a.sql("DELETE FROM audit_checkpoint")
    return Expected(Rule.WITNESSED, 0, later=LATER)


# -- what witnesses signed


@kind
def cosignatures_removed(a: Attacker) -> Expected:
    first = _head(a)
    a.sql("DELETE FROM audit_cosignature WHERE size >= %s", first)
    return Expected(Rule.WITNESSED, _before(a, first), later=LATER)


@kind
def cosignature_edited(a: Attacker) -> Expected:
    size = _head(a)
    line = a.one("SELECT line FROM audit_cosignature WHERE size = %s", size)
    a.sql(
        "UPDATE audit_cosignature SET line = %s WHERE size = %s", flipped_base64(line, a.dice), size
    )
    return Expected(Rule.SIGNATURE, _before(a, size))


@kind
def cosignature_forged(a: Attacker) -> Expected:
    """Signed in the name of the witness with another key."""
    size = a.lab.sizes[-1]
    key = WitnessKey.generate(a.lab.witness.key.name)
    note = _note(a, size)
    line = key.cosign(note.rpartition("\n\n")[0] + "\n", int(a.lab.at.timestamp()))
    a.sql(
        "INSERT INTO audit_cosignature (size, witness, witnessed_at, received_at, line)"
        " VALUES (%s, %s, %s, %s, %s)",
        size, key.name, a.lab.at.replace(microsecond=0), a.lab.at, line,
    )  # fmt: skip
    return Expected(Rule.SIGNATURE, _before(a, size))


@kind
def cosignature_moved(a: Attacker) -> Expected:
    one = _head(a)
    size = a.lab.sizes[-1]
    a.sql("UPDATE audit_cosignature SET size = %s WHERE size = %s", size, one)
    return Expected(Rule.SIGNATURE, _before(a, size))


@kind
def cosignature_given_to_another_witness(a: Attacker) -> Expected:
    size = _head(a)
    a.sql("UPDATE audit_cosignature SET witness = 'nobody' WHERE size = %s", size)
    return Expected(Rule.SIGNATURE, _before(a, size))


@kind
def time_of_a_cosignature_edited(a: Attacker) -> Expected:
    size = _head(a)
    a.sql(
        "UPDATE audit_cosignature SET witnessed_at = witnessed_at + %s WHERE size = %s",
        timedelta(seconds=a.dice.randrange(1, 10**6)), size,
    )  # fmt: skip
    return Expected(Rule.SIGNATURE, _before(a, size))


@kind
def receipt_of_a_cosignature_dated_back(a: Attacker) -> Expected:
    size = _head(a)
    a.sql(
        "UPDATE audit_cosignature SET received_at = received_at - %s WHERE size = %s",
        timedelta(seconds=a.dice.randrange(10, 10**6)), size,
    )  # fmt: skip
    return Expected(Rule.SIGNATURE, _before(a, size))


# -- keys


@kind
def key_edited(a: Attacker) -> Expected:
    a.sql("UPDATE audit_key SET vkey = %s", another_ring().vkeys[0])
    return Expected(Rule.SIGNATURE, 0)


@kind
def key_made_unreadable(a: Attacker) -> Expected:
    a.sql("UPDATE audit_key SET vkey = %s", a.dice.choice(["", "x", "a+b+c", "a+00000000+AAAA"]))
    return Expected(Rule.SIGNATURE, 0)


@kind
def key_removed(a: Attacker) -> Expected:
    a.sql("DELETE FROM audit_key")
    return Expected(Rule.SIGNATURE, 0)


@kind
def key_slipped_in(a: Attacker) -> Expected:
    """It signed nothing so far, and whoever holds it could from now on."""
    first = a.dice.randrange(a.lab.sizes[-1])
    a.sql(
        "INSERT INTO audit_key (vkey, is_end, size, at) VALUES (%s, false, %s, now())",
        another_ring().vkeys[0], first,
    )  # fmt: skip
    return Expected(Rule.SIGNATURE, a.lab.segment(first))


@kind
def key_ended_early(a: Attacker) -> Expected:
    size = _head(a)
    a.sql(
        "INSERT INTO audit_key (vkey, is_end, size, at) SELECT vkey, true, %s, now()"
        " FROM audit_key", size,
    )  # fmt: skip
    return Expected(Rule.SIGNATURE, size)


@kind
def key_begun_late(a: Attacker) -> Expected:
    size = _head(a)
    a.sql("UPDATE audit_key SET size = %s", size + 1)
    return Expected(Rule.SIGNATURE, 0)


# -- tiles


@kind
def tile_edited(a: Attacker) -> Expected:
    n, data = a.dice.choice(a.sql("SELECT n, data FROM audit_tile WHERE level = 0").fetchall())
    a.sql("UPDATE audit_tile SET data = %s WHERE n = %s", flipped(bytes(data), a.dice), n)
    return Expected(Rule.TREE, n * 256)


@kind
def root_of_a_tile_edited(a: Attacker) -> Expected:
    n = a.dice.choice(a.sql("SELECT n FROM audit_tile WHERE level = 0").fetchall())[0]
    a.sql("UPDATE audit_tile SET root = %s WHERE n = %s", a.dice.randbytes(32), n)
    return Expected(Rule.TREE, n * 256)


@kind
def tile_removed(a: Attacker) -> Expected:
    n = a.dice.choice(a.sql("SELECT n FROM audit_tile WHERE level = 0").fetchall())[0]
    a.sql("DELETE FROM audit_tile WHERE n = %s", n)
    return Expected(Rule.TREE, n * 256)


@kind
def tile_added(a: Attacker) -> Expected:
    level, n = a.dice.randrange(2), a.dice.randrange(1000, 10**6)
    a.sql("INSERT INTO audit_tile (level, n, data, root) VALUES (%s, %s, '', '')", level, n)
    return Expected(Rule.TREE, n * 256 ** (level + 1))


# -- the log cut, put back, rewritten


@kind
def leaves_cut(a: Attacker) -> Expected:
    size = a.place(first=1)
    a.sql("DELETE FROM audit_leaf WHERE seq >= %s", size)
    return Expected(Rule.TREE, (size // 256 * 256, size))  # a tile stands above what is gone


@kind
def entries_cut(a: Attacker) -> Expected:
    size = a.place(first=1)
    heads = [one for one in a.lab.sizes if one > size]
    kept = a.sql(
        "SELECT size, root, at, note FROM audit_checkpoint WHERE size = ANY(%s)", heads
    ).fetchall()
    a.cut(size)
    for row in kept:
        a.sql("INSERT INTO audit_checkpoint VALUES (%s, %s, %s, %s)", *row)
    return Expected(Rule.TREE, size)


@kind
def entries_and_heads_cut(a: Attacker) -> Expected:
    size = a.place(first=1)
    a.cut(size)
    return Expected(Rule.TREE, size)


@kind
def old_head_put_back(a: Attacker) -> Expected:
    """All that stands is as it was when it was signed and witnessed."""
    size = a.dice.choice(a.lab.sizes[:-2])
    a.cut(size)
    return Expected(Rule.TREE, size)


@kind
def old_backup_restored(a: Attacker) -> Expected:
    """Rows and waiting events too are as they were; only the witness knows better."""
    size = a.dice.choice(a.lab.sizes[:-2])
    a.cut(size)
    a.sql("DELETE FROM audit_event e WHERE NOT EXISTS"
          " (SELECT FROM audit_leaf l WHERE l.event_id = e.id)")  # fmt: skip
    return Expected(Rule.TREE, size, says=f"saw {a.lab.witnessed}")


@kind
def rewritten_without_the_key(a: Attacker) -> Expected:
    """Every hash is made anew; the signed heads are left as they are."""
    seq = a.full()
    a.reseal(a.event(seq)["id"], actor="user:ghost")
    a.rehash()
    for size in a.lab.sizes:
        a.sql("UPDATE audit_checkpoint SET root = %s WHERE size = %s", a.root(size), size)
    return Expected(Rule.SIGNATURE, a.lab.segment(seq))


@kind
def whole_log_rewritten_without_the_key(a: Attacker) -> Expected:
    for seq in range(a.lab.size):
        a.reseal(a.event(seq)["id"], actor="user:ghost")
    a.rehash()
    a.sql("DELETE FROM audit_cosignature")
    a.sql("DELETE FROM audit_checkpoint")
    return Expected(Rule.TREE, 0, later=LATER)


@kind
def rewritten_with_a_key_of_their_own(a: Attacker) -> Expected:
    """The key table names the attacker's key as the log's."""
    seq, ring = a.full(), another_ring()
    a.reseal(a.event(seq)["id"], actor="user:ghost")
    a.rehash()
    a.resign(ring)
    a.sql("UPDATE audit_key SET vkey = %s", ring.vkeys[0])
    return Expected(Rule.TREE, (0, a.lab.segment(seq)))


@kind
def rewritten_with_the_stolen_key(a: Attacker) -> Expected:
    seq = a.full()
    a.reseal(a.event(seq)["id"], actor="user:ghost")
    a.rehash()
    a.resign(a.lab.stolen)
    return Expected(Rule.TREE, (0, a.lab.segment(seq)))


@kind
def entry_removed_with_the_stolen_key(a: Attacker) -> Expected:
    seq = a.place(last=a.lab.witnessed - 1)
    event_id = a.event(seq)["id"]
    a.sql("DELETE FROM audit_leaf WHERE seq = %s", seq)
    a.sql("DELETE FROM audit_event WHERE id = %s", event_id)
    a.shift(seq, -1)
    a.rehash()
    a.resign(a.lab.stolen)
    return Expected(Rule.TREE, (0, a.lab.segment(seq)))


@kind
def cut_and_signed_with_the_stolen_key(a: Attacker) -> Expected:
    size = a.place(first=1)
    a.cut(size)
    a.sign_now(a.lab.stolen)
    return Expected(Rule.TREE, size)


@kind
def cut_and_grown_again_with_the_stolen_key(a: Attacker) -> Expected:
    """As long as before and signed at the same size: only the root tells."""
    cut = a.place(first=max(a.lab.sizes[-3] + 1, a.lab.witnessed - 30))
    a.cut(cut)
    while len(a.hashes()) < a.lab.witnessed:
        a.add_leaf(len(a.hashes()), a.forge())
    a.retile()
    a.sign_now(a.lab.stolen)
    return Expected(Rule.TREE, (0, a.lab.segment(cut)))


@kind
def dated_back_with_the_stolen_key(a: Attacker) -> Expected:
    back = timedelta(minutes=a.dice.randrange(65, 10**5))
    a.add_leaf(a.lab.size, a.forge(recorded_at=a.lab.at - back))
    a.sign_now(a.lab.stolen)
    return Expected(Rule.TIME, a.lab.size)


@kind
def dated_forward_with_the_stolen_key(a: Attacker) -> Expected:
    ahead = timedelta(minutes=a.dice.randrange(20, 10**5))
    a.add_leaf(a.lab.size, a.forge(recorded_at=a.lab.at + ahead))
    a.sign_now(a.lab.stolen)
    return Expected(Rule.TIME, a.lab.size)


@kind
def split_view(a: Attacker) -> Expected:
    """One auditor was shown another log, signed with the key of this one."""
    size = a.dice.randrange(1, a.lab.size)
    shown = forged_note(a.lab.stolen, size, a.dice.randbytes(32))
    return Expected(Rule.TREE, a.lab.segment(size - 1), priors=(shown,))


@kind
def split_view_of_a_longer_log(a: Attacker) -> Expected:
    size = a.lab.size + a.dice.randrange(1, 10**12)
    shown = forged_note(a.lab.stolen, size, a.dice.randbytes(32))
    return Expected(Rule.TREE, a.lab.size, priors=(shown,))
