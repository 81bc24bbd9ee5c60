"""Attacks on events and their places, by somebody who has not the key."""

from collections.abc import Callable
from datetime import timedelta

from governance.domain.integrity import Rule
from tests.governance.tampering.attacker import Attacker, Expected
from tests.governance.tampering.kinds import KINDS, kind
from tests.governance.tampering.lab import flipped

EDITS: dict[str, Callable[[Attacker], object]] = {
    "recorded_at": lambda a: a.lab.at - timedelta(seconds=a.dice.randrange(3600)),
    "occurred_at": lambda a: a.lab.at + timedelta(days=a.dice.randrange(1, 99)),
    "tenant": lambda a: f"partners.partner:{a.dice.randrange(99)}",
    "scope": lambda a: "elsewhere",
    "actor": lambda a: "user:somebody-else",
    "act": lambda a: "governance:site:read",
    "cause": lambda a: "governance:nothing:happened",
    "object": lambda a: f"governance.site:{a.dice.randrange(10**6)}",
    "request_id": lambda a: "another",
    "body": lambda a: '{"reason": "because"}',
    "salt": lambda a: a.dice.randbytes(32),
}


def _edit(column: str) -> Callable[[Attacker], Expected]:
    def attack(a: Attacker) -> Expected:
        seq = a.full()
        a.edit(seq, **{column: EDITS[column](a)})
        return Expected(Rule.LEAF, seq)

    return attack


for _column in EDITS:
    KINDS[f"edit_{_column}"] = _edit(_column)


@kind
def edit_an_erasure(a: Attacker) -> Expected:
    """The body that it excused is found to be missing too, and lies before it."""
    seq = a.erasure()
    first = a.excused_by(seq)
    column = a.dice.choice(["act", "object", "body"])
    a.edit(seq, **{column: EDITS[column](a)})
    return Expected(Rule.LEAF, first)


@kind
def edit_outcome(a: Attacker) -> Expected:
    seq = a.place()
    other = "ok" if a.event(seq)["outcome"] == "denied" else "denied"
    a.edit(seq, outcome=other)
    return Expected(Rule.LEAF, seq)


@kind
def edit_event_id(a: Attacker) -> Expected:
    seq = a.place()
    event_id = a.event(seq)["id"]
    a.sql("UPDATE audit_event SET id = id + 1000000 WHERE id = %s", event_id)
    return Expected(Rule.ORDER, seq)


@kind
def edit_event_id_and_leaf(a: Attacker) -> Expected:
    seq = a.place()
    event_id = a.event(seq)["id"]
    a.sql("UPDATE audit_event SET id = id + 1000000 WHERE id = %s", event_id)
    a.sql("UPDATE audit_leaf SET event_id = event_id + 1000000 WHERE seq = %s", seq)
    return Expected(Rule.LEAF, seq)


@kind
def edit_xid(a: Attacker) -> Expected:
    """The transaction is no evidence, but numbers must follow transactions."""
    seq = a.place(first=1)
    a.edit(seq, xid=a.dice.randrange(3))
    return Expected(Rule.ORDER, seq)


@kind
def edit_recorded_at_to_no_time(a: Attacker) -> Expected:
    seq = a.place()
    a.edit(seq, recorded_at=a.dice.choice(["infinity", "-infinity", "12000-01-01"]))
    return Expected(Rule.LEAF, seq)


@kind
def edit_body_to_no_json(a: Attacker) -> Expected:
    seq = a.full()
    a.edit(seq, body="{")
    return Expected(Rule.LEAF, seq)


@kind
def salt_alone_blanked(a: Attacker) -> Expected:
    seq = a.full()
    a.edit(seq, salt=None)
    return Expected(Rule.LEAF, seq)


@kind
def edit_sealed_bytes(a: Attacker) -> Expected:
    seq = a.place()
    a.edit(seq, leaf_data=flipped(bytes(a.event(seq)["leaf_data"]), a.dice))
    return Expected(Rule.LEAF, seq)


@kind
def sealed_bytes_with_a_tail(a: Attacker) -> Expected:
    seq = a.place()
    a.edit(seq, leaf_data=bytes(a.event(seq)["leaf_data"]) + b" ")
    return Expected(Rule.LEAF, seq)


@kind
def sealed_bytes_replaced(a: Attacker) -> Expected:
    seq = a.place()
    a.edit(seq, leaf_data=a.dice.choice([b"", b"[]", b"{}", b"1", b"[" * 100_000, b"\xff"]))
    return Expected(Rule.LEAF, seq)


@kind
def sealed_bytes_with_a_key_twice(a: Attacker) -> Expected:
    """The last of two equal keys wins in most readers, so the first could say anything."""
    seq = a.place()
    data = bytes(a.event(seq)["leaf_data"])
    a.edit(seq, leaf_data=b'{"actor" : "user:ghost", ' + data[1:])
    a.rehash()
    return Expected(Rule.LEAF, seq)


@kind
def edit_event_and_seal(a: Attacker) -> Expected:
    """Columns, body and sealed bytes agree; the leaf hash is the old one."""
    seq = a.full()
    a.reseal(a.event(seq)["id"], actor="user:somebody-else", body='{"a": 1}')
    return Expected(Rule.LEAF, seq)


@kind
def edit_event_seal_and_leaf_hash(a: Attacker) -> Expected:
    """All of the entry agrees with itself; the head above it does not."""
    seq = a.full()
    a.reseal(a.event(seq)["id"], actor="user:somebody-else", body='{"a": 1}')
    a.rehash()
    return Expected(Rule.TREE, a.lab.segment(seq))


@kind
def edit_leaf_hash(a: Attacker) -> Expected:
    seq = a.place()
    a.sql("UPDATE audit_leaf SET leaf_hash = %s WHERE seq = %s", a.dice.randbytes(32), seq)
    return Expected(Rule.LEAF, seq)


@kind
def edit_leaf_hash_and_tiles(a: Attacker) -> Expected:
    seq = a.place()
    a.sql("UPDATE audit_leaf SET leaf_hash = %s WHERE seq = %s", a.dice.randbytes(32), seq)
    a.retile()
    return Expected(Rule.LEAF, seq)


@kind
def leaf_hash_shortened(a: Attacker) -> Expected:
    seq = a.place()
    a.sql("UPDATE audit_leaf SET leaf_hash = '' WHERE seq = %s", seq)
    return Expected(Rule.LEAF, seq)


@kind
def event_deleted(a: Attacker) -> Expected:
    seq = a.place()
    a.sql("DELETE FROM audit_event WHERE id = %s", a.event(seq)["id"])
    return Expected(Rule.ORDER, seq)


@kind
def leaf_deleted(a: Attacker) -> Expected:
    seq = a.place()
    a.sql("DELETE FROM audit_leaf WHERE seq = %s", seq)
    return Expected(Rule.ORDER, seq)


@kind
def entry_deleted(a: Attacker) -> Expected:
    seq = a.place()
    event_id = a.event(seq)["id"]
    a.sql("DELETE FROM audit_leaf WHERE seq = %s", seq)
    a.sql("DELETE FROM audit_event WHERE id = %s", event_id)
    return Expected(Rule.ORDER, seq)


@kind
def entries_deleted(a: Attacker) -> Expected:
    """A stretch of the log, and not its end."""
    seq = a.place(last=a.lab.witnessed - 20)
    event_ids = [a.event(number)["id"] for number in range(seq, seq + a.dice.randrange(2, 20))]
    a.sql("DELETE FROM audit_leaf WHERE event_id = ANY(%s)", event_ids)
    a.sql("DELETE FROM audit_event WHERE id = ANY(%s)", event_ids)
    return Expected(Rule.ORDER, seq)


@kind
def entry_deleted_and_the_rest_moved_up(a: Attacker) -> Expected:
    seq = a.place(last=a.lab.witnessed - 1)
    event_id = a.event(seq)["id"]
    a.sql("DELETE FROM audit_leaf WHERE seq = %s", seq)
    a.sql("DELETE FROM audit_event WHERE id = %s", event_id)
    a.shift(seq, -1)
    a.rehash()
    return Expected(Rule.TREE, a.lab.segment(seq))


@kind
def leaf_of_an_event_set_elsewhere(a: Attacker) -> Expected:
    """The event goes on to exist; its number now names one that waited."""
    seq = a.place()
    a.sql("UPDATE audit_leaf SET event_id = %s WHERE seq = %s", a.pending(), seq)
    return Expected(Rule.LEAF, seq)


@kind
def forged_entry_inserted(a: Attacker) -> Expected:
    seq = a.place(last=a.lab.witnessed - 1)
    event_id = a.forge()
    a.shift(seq, 1)
    a.add_leaf(seq, event_id)
    a.retile()
    return Expected(Rule.TREE, a.lab.segment(seq))


@kind
def forged_entry_in_the_place_of_another(a: Attacker) -> Expected:
    seq = a.place()
    event_id = a.forge()
    a.sql("DELETE FROM audit_leaf WHERE seq = %s", seq)
    a.add_leaf(seq, event_id)
    a.retile()
    return Expected(Rule.TREE, a.lab.segment(seq))


@kind
def leaves_swapped(a: Attacker) -> Expected:
    one = a.place(last=a.lab.witnessed - 1)
    two = a.place(first=one + 1)
    _exchange(a, [one, two], [two, one])
    return Expected(Rule.TREE, a.lab.segment(one))


@kind
def leaves_shuffled(a: Attacker) -> Expected:
    one = a.place(last=a.lab.witnessed - 6)
    before = list(range(one, one + 6))
    after = before[::-1]
    _exchange(a, before, after)
    return Expected(Rule.TREE, a.lab.segment(one))


def _exchange(a: Attacker, before: list[int], after: list[int]) -> None:
    rows = [a.event(seq) for seq in after]
    for seq in before:
        a.sql("DELETE FROM audit_leaf WHERE seq = %s", seq)
    for seq, row in zip(before, rows, strict=True):
        a.add_leaf(seq, row["id"])
    a.retile()


@kind
def leaf_doubled_in_the_place_of_another(a: Attacker) -> Expected:
    one = a.place(last=a.lab.witnessed - 1)
    two = a.place(first=one + 1)
    _loosen(a)
    a.sql("DELETE FROM audit_leaf WHERE seq = %s", two)
    a.add_leaf(two, a.event(one)["id"])
    a.retile()
    return Expected(Rule.ORDER, two)


@kind
def leaf_doubled_at_the_end(a: Attacker) -> Expected:
    _loosen(a)
    a.add_leaf(a.lab.size, a.event(a.place())["id"])
    return Expected(Rule.ORDER, a.lab.size)


@kind
def number_given_twice(a: Attacker) -> Expected:
    seq = a.place()
    a.sql("ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_pkey CASCADE")
    a.add_leaf(seq, a.pending())
    return Expected(Rule.ORDER, seq)


def _loosen(a: Attacker) -> None:
    a.sql("ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_event_id_key")


@kind
def event_hidden_below_the_first_number(a: Attacker) -> Expected:
    """Neither in the tree nor among those that wait for it."""
    number = -a.dice.randrange(1, 10**9)
    a.add_leaf(number, a.pending())
    return Expected(Rule.ORDER, number)


@kind
def number_far_beyond_the_log(a: Attacker) -> Expected:
    number = a.dice.randrange(10**9, 2**62)
    a.add_leaf(number, a.pending())
    return Expected(Rule.ORDER, number)


@kind
def waiting_event_held_back(a: Attacker) -> Expected:
    """With a small transaction id it lies behind the cursor of the sequencer for ever."""
    a.sql("UPDATE audit_event SET xid = 1 WHERE id = %s", a.pending())
    return Expected(Rule.WITNESSED, says="not in the tree", later=timedelta(seconds=90))


@kind
def waiting_event_edited(a: Attacker) -> Expected:
    a.sql("UPDATE audit_event SET actor = 'user:ghost' WHERE id = %s", a.pending())
    return Expected(Rule.LEAF, says="actor is another")


@kind
def forged_event_dated_back(a: Attacker) -> Expected:
    a.forge(recorded_at=a.lab.at - timedelta(minutes=a.dice.randrange(2, 10**5)))
    return Expected(Rule.WITNESSED, says="not in the tree")


@kind
def forged_event_dated_forward(a: Attacker) -> Expected:
    a.forge(recorded_at=a.lab.at + timedelta(minutes=a.dice.randrange(20, 10**5)))
    return Expected(Rule.TIME, says="dated in the future")


@kind
def actor_left_blank(a: Attacker) -> Expected:
    a.forge(**{a.dice.choice(["actor", "object", "request_id"]): ""})
    return Expected(Rule.COMPLETE, says="who, what, when or where")
